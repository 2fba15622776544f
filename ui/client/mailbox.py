"""What one thread reads, on its way to one event loop: no I/O.

The loop is woken once for everything that is there, and a reader far ahead of the page waits.
"""

import asyncio
import threading
from enum import Enum

from ui.errors import PageError
from ui.events import LoggedEvent


class Connection(Enum):
    """What happened to the connection a run is read over."""

    CUT = "cut"
    OPEN = "open"


Entry = LoggedEvent | Connection


class Mailbox:
    """Events on their way from one thread to one loop; the loop is woken once for all that wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_waiting: int = 2000) -> None:
        self._loop = loop
        self._max_waiting = max_waiting
        self._arrived = asyncio.Event()
        self._changed = threading.Condition()
        self._events: list[Entry] = []
        self._error: PageError | None = None
        self._is_closed = False
        self._is_woken = False

    def put(self, events: list[Entry]) -> bool:
        """Add events from the thread, waiting for room; False once the mailbox is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or len(self._events) < self._max_waiting)
            if self._is_closed:
                return False
            self._events += events
            self._wake()
            return True

    def close(self, error: PageError | None = None) -> None:
        """Let `take` end, after what is there, with the error if one is given; the first close counts."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._error = error
            self._changed.notify_all()
            self._wake()

    def discard(self) -> None:
        """Close the mailbox and forget what is there."""
        self.close()
        with self._changed:
            self._events = []
            self._error = None

    async def take(self) -> list[Entry]:
        """Return all events that wait, or an empty list once the mailbox is closed and empty.

        Raises:
            PageError: the one the mailbox was closed with.
        """
        await self._arrived.wait()
        with self._changed:
            events, self._events = self._events, []
            if not self._is_closed:
                self._arrived.clear()
                self._is_woken = False
            self._changed.notify_all()
        if not events and self._error:
            raise self._error
        return events

    def _wake(self) -> None:
        if self._is_woken:
            return
        self._is_woken = True
        try:
            self._loop.call_soon_threadsafe(self._arrived.set)
        except RuntimeError:
            self._is_closed = True  # the loop is gone: the process ends
