"""A reader of a run of this worker that goes on with the stored log where the run waits for a person.

A parked run belongs to no worker, and whoever takes it up stores what it says: the response that began here ends there.
"""

import threading
from collections.abc import Callable, Iterator

from api.runs.log import LoggedEvent
from api.runs.log_reader import LogReader, Push, RunReader


class RunFollower:
    """Reads like `RunReader` and then, from where that ends with a question, what `read_stored` gives.

    Waiting takes one of the `places` of followers; where none is free the reading ends, and may begin anew.
    """

    def __init__(
        self, local: RunReader, read_stored: Callable[[int], LogReader], places: threading.BoundedSemaphore
    ) -> None:
        self.heartbeat_seconds = local.heartbeat_seconds
        self._local = local
        self._read_stored: Callable[[int], LogReader] | None = read_stored
        self._places = places
        self._stored: LogReader | None = None
        self._is_closed = False

    def take(self) -> list[LoggedEvent]:
        """Return what is there already."""
        return self._local.take()

    def push_to(self, push: Push) -> None:
        """Let events go to `push` while the run is this worker's."""
        self._local.push_to(push)

    def __iter__(self) -> Iterator[list[LoggedEvent]]:
        self._local.heartbeat_seconds = self.heartbeat_seconds
        yield from self._local
        read_stored = self._read_stored
        if self._is_closed or read_stored is None or not self._local.has_question:
            return
        # It keeps the run, which is to be forgotten while nobody works on it.
        self._local.close()
        if not self._places.acquire(blocking=False):
            return
        try:
            self._stored = stored = read_stored(self._local.seq)
            stored.heartbeat_seconds = self.heartbeat_seconds
            if not self._is_closed:
                yield from stored
        finally:
            self._places.release()

    def close(self) -> None:
        """Stop; may come from any thread."""
        self._is_closed = True
        self._read_stored = None
        self._local.close()
        if self._stored is not None:
            self._stored.close()
