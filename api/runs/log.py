"""The log of a run: numbered events, appended by its producer and followed by its readers.

`append` and `replay_after` are what producers and readers need. Whoever wants the end seals the log first: from then on
nothing is appended, so text never grows after an end, and `end` adds the last events, the terminal one among them.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from api.events import Event, to_json


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
    """Events 1, 2, 3 … of one run, in memory; `entries` are for reading, `is_parked` is one sealed without an end."""

    def __init__(self, entries: Iterable[LoggedEvent] = ()) -> None:
        self.is_ended = False
        self.is_sealed = False
        self.is_parked = False
        self.entries: list[LoggedEvent] = list(entries)
        self._followers: tuple[Callable[[], None], ...] = ()
        self._lock = threading.Lock()

    def append(self, events: Sequence[Event]) -> bool:
        """Add events, by one thread, and wake the followers; False, and nothing added, once the log is sealed."""
        entries = self.entries
        if self.is_sealed:
            return False
        for event in events:
            entries.append(LoggedEvent(len(entries) + 1, event, to_json(event)))
        for notify in self._followers:
            notify()
        return True

    def seal(self, *, is_parked: bool = False) -> bool:
        """Take no more events; False when it was sealed before."""
        with self._lock:
            is_first, self.is_sealed = not self.is_sealed, True
            self.is_parked = self.is_parked or (is_first and is_parked)
            # What `append` adds at this moment goes to the list that nobody reads any more.
            self.entries = self.entries.copy()
        return is_first

    def end(self, events: Sequence[Event]) -> None:
        """Add the last events of a sealed log, the terminal one last."""
        with self._lock:
            for event in events:
                self.entries.append(LoggedEvent(self.last_seq + 1, event, to_json(event)))
            self.is_ended = True
        self._wake()

    def abandon(self) -> None:
        """End a sealed log without a terminal event: what is stored goes on without this process."""
        with self._lock:
            self.is_ended = True
        self._wake()

    def replay_after(self, seq: int, most: int | None = None) -> list[LoggedEvent]:
        """Return the events after `seq` that are there now, the first of them if there are more than `most`."""
        return self.entries[seq:] if most is None else self.entries[seq : seq + most]

    @property
    def last_seq(self) -> int:
        """The number of the newest event."""
        return len(self.entries)

    def follow(self, notify: Callable[[], None]) -> None:
        """Call `notify` in the appending thread whenever events are added."""
        with self._lock:
            self._followers = (*self._followers, notify)

    def unfollow(self, notify: Callable[[], None]) -> None:
        """Forget `notify`."""
        with self._lock:
            self._followers = tuple(follower for follower in self._followers if follower != notify)

    def _wake(self) -> None:
        for notify in self._followers:
            notify()
