"""From the blocking stream of a run to the event loop of the page.

Each run is read by one thread of a pool of its own. What it reads waits in a mailbox; the loop is woken once for
everything that is there, and a reader far ahead of the page waits.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import Future, ThreadPoolExecutor

from ui.api_client import ApiClient, EventStream
from ui.errors import PageError, TooManyStreams
from ui.events import Event
from ui.messages import RunRequest

logger = logging.getLogger(__name__)


class StreamExecutor:
    """The threads that read runs; one run a thread, none waits in a queue."""

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self._threads = ThreadPoolExecutor(max_streams, thread_name_prefix="run-reader")
        self._lock = threading.Lock()
        self._readers: set[RunReader] = set()

    @property
    def open_streams(self) -> int:
        """How many runs are being read."""
        return len(self._readers)

    def submit(self, reader: "RunReader", request: RunRequest) -> None:
        """Have a thread read the run.

        Raises:
            TooManyStreams: every thread is taken.
        """
        with self._lock:
            if len(self._readers) >= self._max_streams:
                raise TooManyStreams("Too many answers are being written at the moment.")
            self._readers.add(reader)
        self._threads.submit(reader.pump, request).add_done_callback(lambda future: self._remove(reader, future))

    def close(self) -> None:
        """Cancel every run; the threads end on their own."""
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _remove(self, reader: "RunReader", _: Future[None]) -> None:
        with self._lock:
            self._readers.discard(reader)


class RunReader:
    """Reads one run for one page."""

    def __init__(self, client: ApiClient, executor: StreamExecutor) -> None:
        self._client = client
        self._executor = executor
        self._mailbox = Mailbox(asyncio.get_running_loop())
        self._lock = threading.Lock()
        self._stream: EventStream | None = None
        self._is_cancelled = False

    async def read(self, request: RunRequest) -> AsyncGenerator[list[Event], None]:
        """Start the run and yield its events as they come, until it ends or is cancelled.

        Raises:
            PageError: it could not be started, or ended without a terminal event.
        """
        self._executor.submit(self, request)
        try:
            while events := await self._mailbox.take():
                yield events
        finally:
            self.cancel()

    def cancel(self) -> None:
        """End the run, also before its first byte; nothing is delivered after this."""
        with self._lock:
            self._is_cancelled = True
            stream = self._stream
        self._mailbox.discard()
        if stream:
            stream.close()

    def pump(self, request: RunRequest) -> None:
        """Fill the mailbox until the stream ends; runs in a thread."""
        try:
            if not self._is_cancelled:
                self._pump(request)
        except PageError as exc:
            self._mailbox.close(exc)
        except Exception:
            logger.exception("reading a run failed")
            self._mailbox.close(PageError("The page failed to read the answer."))
        else:
            self._mailbox.close()

    def _pump(self, request: RunRequest) -> None:
        stream = self._client.stream(request)
        try:
            with self._lock:
                self._stream = stream
                if self._is_cancelled:
                    return
            for events in stream:
                if not self._mailbox.put(events):
                    return
        finally:
            with self._lock:
                self._stream = None
            stream.release()


class Mailbox:
    """Events on their way from one thread to one loop; the loop is woken once for all that wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_waiting: int = 2000) -> None:
        self._loop = loop
        self._max_waiting = max_waiting
        self._arrived = asyncio.Event()
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._error: PageError | None = None
        self._is_closed = False
        self._is_woken = False

    def put(self, events: list[Event]) -> bool:
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

    async def take(self) -> list[Event]:
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
