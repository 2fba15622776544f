"""The log of a run: numbered events, appended by its producer and followed by its readers.

`append` and `replay_after` are the whole interface. The log ends with its one terminal event: what comes later is
refused, so text never grows after an end.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from api.events import Event, is_terminal, to_json


class LoggedEvent(NamedTuple):
    """An event with its number and its JSON, which is what is sent."""

    seq: int
    event: Event
    fields: bytes


class Signal:
    """Wakes one waiting thread; setting it twice wakes once.

    A lock and not a `threading.Event`: waking is on the path of every delta, and a lock costs a fifth of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Let the waiting thread, or the next one that waits, go on."""
        with suppress(RuntimeError):  # It is set.
            self._lock.release()

    def wait(self) -> None:
        """Wait until it is set, and reset it."""
        self._lock.acquire()


class RunLog:
    """Events 1, 2, 3 … of one run, in memory."""

    def __init__(self) -> None:
        self.is_ended = False
        self._entries: list[LoggedEvent] = []
        self._followers: list[Signal] = []
        self._lock = threading.Lock()

    def append(self, events: Sequence[Event]) -> bool:
        """Add events and wake the followers; False, and nothing added, once the log has ended."""
        with self._lock:
            if self.is_ended:
                return False
            entries = self._entries
            for event in events:
                entries.append(LoggedEvent(len(entries) + 1, event, to_json(event)))
            self.is_ended = is_terminal(events[-1])
        for signal in self._followers:
            signal.set()
        return True

    def replay_after(self, seq: int) -> list[LoggedEvent]:
        """Return the events after `seq` that are there now."""
        return self._entries[seq:]

    def follow(self, signal: Signal) -> None:
        """Set `signal` whenever events are added."""
        with self._lock:
            self._followers = [*self._followers, signal]

    def unfollow(self, signal: Signal) -> None:
        """Forget `signal`."""
        with self._lock:
            self._followers = [follower for follower in self._followers if follower is not signal]
