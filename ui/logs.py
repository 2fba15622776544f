"""A log that nobody outside can fill: what repeats is counted, and what is long is cut."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_CHARACTERS = 2_000
IS_WRITTEN = "decant_is_written"
LIBRARIES = ("uvicorn.error", "engineio.server", "socketio.server")


@dataclass(slots=True)
class _Source:
    until: float
    count: int = 0


class RepeatFilter(logging.Filter):
    """Lets a few records of each place in the code through in each minute; the next one says how many were left out.

    It keeps a bounded number of places. What a client sends stays one line.
    """

    def __init__(
        self,
        *,
        most: int = 5,
        window_seconds: float = 60.0,
        max_sources: int = 200,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._most = most
        self._window_seconds = window_seconds
        self._max_sources = max_sources
        self._clock = clock
        self._sources: OrderedDict[tuple[object, ...], _Source] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is written; of one that several handlers are asked about, only once."""
        if IS_WRITTEN not in record.__dict__:
            record.__dict__[IS_WRITTEN] = self._counts(record)
        return bool(record.__dict__[IS_WRITTEN])

    def _counts(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[0] if record.exc_info else None
        key = record.name, record.pathname, record.lineno, error
        now = self._clock()
        source = self._sources.pop(key, None) or _Source(now + self._window_seconds)
        left_out = 0
        if now >= source.until:
            left_out, source = source.count - self._most, _Source(now + self._window_seconds)
        self._sources[key] = source
        while len(self._sources) > self._max_sources:
            self._sources.popitem(last=False)
        source.count += 1
        if source.count > self._most:
            return False
        text = record.getMessage()
        record.args = None
        record.msg = " ".join(text[:MAX_CHARACTERS].splitlines()) + ("…" if len(text) > MAX_CHARACTERS else "")
        if left_out > 0:
            record.msg += f" ({left_out} more like this in the minute before)"
        return True


def set_up(level: str) -> None:
    """Write the log of the process to its standard error."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    repeats = RepeatFilter()
    for handler in logging.root.handlers:
        handler.addFilter(repeats)
    for name in LIBRARIES:
        logging.getLogger(name).addFilter(repeats)
