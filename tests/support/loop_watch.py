"""How long each turn of an event loop takes of its thread's own CPU time, which a busy machine does not lengthen."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

HOLD_SECONDS = 0.05
_UNIT_SECONDS = 0.004


def allowed_seconds() -> float:
    """Return how long one turn may take: 50 ms, and more where the processor is slow now, as known work shows."""
    before = time.thread_time()
    for number in range(30_000):
        str(number).partition("9")
    return HOLD_SECONDS * max(1.0, (time.thread_time() - before) / _UNIT_SECONDS)


@dataclass(slots=True)
class Holds:
    """The longest holds, in seconds of CPU, each with what held the loop."""

    found: list[tuple[float, str]] = field(default_factory=list)

    @property
    def longest(self) -> tuple[float, str]:
        """The longest hold."""
        return max(self.found, default=(0.0, ""))


@contextlib.contextmanager
def watched_loop() -> Iterator[Holds]:
    """Measure every callback that the loops of this process run."""
    holds, run = Holds(), asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        before = time.thread_time()
        try:
            run(handle)
        finally:
            seconds = time.thread_time() - before
            if seconds > 0.01:
                holds.found.append((seconds, repr(handle)[:200]))

    asyncio.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield holds
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
