"""One reader of a run: follows its log, notices silence and a client that has gone."""

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from api.run_log import LoggedEvent, RunLog, Signal

STUCK_SECONDS = 60


class Client(Protocol):
    """The connection on the other side of a stream."""

    def is_gone(self) -> bool:
        """Say whether the client has closed its side."""

    def disconnect(self) -> None:
        """Break the connection, also under a thread that is blocked writing to it."""


class LogReader(Protocol):
    """Iterates over what a log has, one list for everything that came since the last, an empty one for a silence."""

    heartbeat_seconds: float

    def __iter__(self) -> Iterator[list[LoggedEvent]]: ...

    def close(self) -> None:
        """Stop; may come from any thread."""


class RunReader:
    """Iterates over what the log has after `last_event_id`, one list for everything that came since the last.

    An empty list means `heartbeat_seconds` of silence. The iteration ends after the terminal event or `close`. `tick`
    and `close` may come from any thread.
    """

    def __init__(
        self,
        log: RunLog,
        client: Client,
        heartbeat_seconds: float,
        on_close: Callable[["RunReader"], None],
        last_event_id: int = 0,
    ) -> None:
        self._log = log
        self._client = client
        self.heartbeat_seconds = heartbeat_seconds
        self._on_close = on_close
        self._signal = Signal()
        self._is_closed = False
        self._heartbeat_is_due = False
        self._seq = last_event_id
        self._read_at = time.monotonic()
        log.follow(self._signal)

    def __iter__(self) -> Iterator[list[LoggedEvent]]:
        while True:
            entries = self._log.replay_after(self._seq)
            if entries:
                self._seq += len(entries)
                self._read_at = time.monotonic()
                yield entries
            elif self._is_closed or self._log.is_ended:
                return
            elif self._heartbeat_is_due:
                self._heartbeat_is_due = False
                self._read_at = time.monotonic()
                yield []
            else:
                self._signal.wait()

    def tick(self, now: float) -> None:
        """Close when the client is gone or stuck; make a heartbeat due after silence."""
        quiet_seconds = now - self._read_at
        if self._client.is_gone():
            self.close()
        elif quiet_seconds > STUCK_SECONDS and self._log.replay_after(self._seq):
            self._client.disconnect()
            self.close()
        elif quiet_seconds >= self.heartbeat_seconds:
            self._heartbeat_is_due = True
            self._signal.set()

    def close(self) -> None:
        """Stop following; the second time does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self._log.unfollow(self._signal)
            self._signal.set()
            self._on_close(self)
