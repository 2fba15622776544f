"""One reader of a run: follows its log, notices silence and a client that has gone.

While the reader waits, whoever appends hands the events to the client itself (`push`), which spares a switch of
threads for every delta. What the client's connection does not take at once is the reader's to write. Without it a paced
chunk costs 19 % more under gevent and 26 % more under gthread (`python -m tests.bench api paced`, 9 and 6 rounds in
alternation).
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from api.hub import give_way
from api.runs.log import LoggedEvent, RunLog, Signal

STUCK_SECONDS = 60
MOST_AT_ONCE = 1000


# Hands events to a client; False when its connection did not take everything.
Push = Callable[[list[LoggedEvent]], bool]


class Client(Protocol):
    """The connection on the other side of a stream."""

    def is_gone(self) -> bool:
        """Say whether the client has closed its side."""

    def disconnect(self) -> None:
        """Break the connection, also under a thread that is blocked writing to it."""

    def flush(self) -> None:
        """Write what a push has left, however long it takes."""


class LogReader(Protocol):
    """Iterates over what a log has, one list for everything that came since the last, an empty one for a silence."""

    heartbeat_seconds: float

    def take(self) -> list[LoggedEvent]:
        """Return what is there already, without waiting, before the iteration begins."""

    def push_to(self, push: Push) -> None:
        """Let events from now on also go to `push`, in their order, and then not to the iteration, until `close`."""

    def __iter__(self) -> Iterator[list[LoggedEvent]]: ...

    def close(self) -> None:
        """Stop; may come from any thread."""


class RunReader:
    """Reads the log after `last_event_id`; an empty list means `heartbeat_seconds` of silence.

    `seq` is the last event that was read. The iteration ends after the terminal event or `close`. `tick` and `close`
    may come from any thread.
    """

    def __init__(
        self,
        log: RunLog,
        client: Client,
        heartbeat_seconds: float,
        on_close: Callable[["RunReader"], None],
        last_event_id: int = 0,
    ) -> None:
        self.heartbeat_seconds = heartbeat_seconds
        self._push: Push | None = None
        self._log = log
        self._client = client
        self._on_close = on_close
        self._signal = Signal()
        self._turn = threading.Lock()  # Held by whoever writes to the client: the reader unless it waits.
        self._is_closed = False
        self._heartbeat_is_due = False
        self.seq = last_event_id
        self._read_at = time.monotonic()
        log.follow(self._notify)

    def take(self) -> list[LoggedEvent]:
        """Return what has come since the last, of much the first; only for whoever has the turn."""
        entries = self._log.replay_after(self.seq, MOST_AT_ONCE)
        if entries:
            self.seq += len(entries)
            self._read_at = time.monotonic()
        return entries

    @property
    def has_question(self) -> bool:
        """Whether what follows is a person's decision, and to be found in the store."""
        return self._log.is_parked and self._log.is_ended

    def push_to(self, push: Push) -> None:
        """Let whoever appends hand the events to `push` while the reader waits."""
        self._push = push

    def __iter__(self) -> Iterator[list[LoggedEvent]]:
        with self._turn:
            while True:
                self._client.flush()
                # Asked first: the last events may come in between.
                is_over = self._is_closed or self._log.is_ended
                entries = self.take()
                if entries:
                    yield entries
                    if len(entries) == MOST_AT_ONCE:
                        give_way()  # A client that reads all at once must not keep the others from their turn.
                elif is_over:
                    return
                elif self._heartbeat_is_due:
                    self._heartbeat_is_due = False
                    self._read_at = time.monotonic()
                    yield []
                else:
                    self._turn.release()
                    self._signal.wait()
                    self._turn.acquire()

    def tick(self, now: float) -> None:
        """Close when the client is gone or stuck; make a heartbeat due after silence."""
        quiet_seconds = now - self._read_at
        if self._client.is_gone():
            self.close()
        elif quiet_seconds > STUCK_SECONDS and (self._log.is_ended or self._log.last_seq > self.seq):
            self._client.disconnect()
            self.close()
        elif quiet_seconds >= self.heartbeat_seconds:
            self._heartbeat_is_due = True
            self._signal.set()

    def close(self) -> None:
        """Stop following; the second time does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self._log.unfollow(self._notify)
            # It belongs to a stream that has this reader.
            self._push = None
            self._signal.set()
            self._on_close(self)

    def _notify(self) -> None:
        push = self._push
        if push is None or not self._turn.acquire(blocking=False):
            self._signal.set()
            return
        try:
            entries = self.take()
            is_written = not entries or push(entries)
        finally:
            self._turn.release()
        if not is_written or len(entries) == MOST_AT_ONCE or self._log.is_ended:
            self._signal.set()
