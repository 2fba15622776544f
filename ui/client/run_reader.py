"""From the blocking streams of a run to the event loop of the page.

Each run is read by one thread of a pool of its own. A connection that breaks is opened again after the last event that
was read; a run is started with a key, so that asking again after an unknown outcome finds it.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import AsyncGenerator
from concurrent.futures import Future, ThreadPoolExecutor

from ui.client.api_client import ApiClient
from ui.client.event_stream import EventStream
from ui.client.mailbox import Connection, Entry, Mailbox
from ui.errors import ApiRefused, ApiUnreachable, PageError, StreamTruncated, TooManyStreams
from ui.events import is_terminal
from ui.messages import RunRequest, RunToFollow

LEAST_PAUSE_SECONDS = 0.25
MOST_PAUSE_SECONDS = 5.0
# How long a run that may or may not have been started is asked for.
START_SECONDS = 10.0

logger = logging.getLogger(__name__)


class StreamExecutor:
    """The threads that read runs; one run a thread, none waits in a queue."""

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self._threads = ThreadPoolExecutor(max_streams, thread_name_prefix="run-reader")
        self._lock = threading.Lock()
        self._readers: set[RunReader] = set()

    def submit(self, reader: "RunReader", run: RunRequest | RunToFollow) -> None:
        """Have a thread read the run.

        Raises:
            TooManyStreams: every thread is taken.
        """
        with self._lock:
            if len(self._readers) >= self._max_streams:
                raise TooManyStreams("Too many answers are being written at the moment.")
            self._readers.add(reader)
        self._threads.submit(reader.pump, run).add_done_callback(lambda future: self._remove(reader, future))

    def close(self) -> None:
        """Close every reader; the threads end on their own."""
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _remove(self, reader: "RunReader", _: Future[None]) -> None:
        with self._lock:
            self._readers.discard(reader)


class RunReader:
    """Reads one run for one page; the run goes on when nobody reads it."""

    def __init__(self, client: ApiClient, executor: StreamExecutor, start_seconds: float = START_SECONDS) -> None:
        self._client = client
        self._executor = executor
        self._start_seconds = start_seconds
        self._mailbox = Mailbox(asyncio.get_running_loop())
        self._lock = threading.Lock()
        self._stream: EventStream | None = None
        self._closed = threading.Event()
        self._run_id: str | None = None
        self._last_event_id = 0

    async def read(self, run: RunRequest | RunToFollow) -> AsyncGenerator[list[Entry], None]:
        """Start the run, or follow one, and yield its events as they come, until the API has no more or `close`.

        Raises:
            PageError: it could not be started, or is no run that can be followed.
        """
        self._executor.submit(self, run)
        try:
            while entries := await self._mailbox.take():
                yield entries
        finally:
            self.close()

    def close(self) -> None:
        """Stop reading, also before the first byte; nothing is delivered after this."""
        with self._lock:
            self._closed.set()
            stream = self._stream
        self._mailbox.discard()
        if stream:
            stream.close()

    def pump(self, run: RunRequest | RunToFollow) -> None:
        """Fill the mailbox until the run ends; runs in a thread."""
        try:
            self._pump(run)
        except PageError as exc:
            self._mailbox.close(exc)
        except Exception:
            logger.exception("reading a run failed")
            self._mailbox.close(PageError("The page failed to read the answer."))
        else:
            self._mailbox.close()

    def _pump(self, run: RunRequest | RunToFollow) -> None:
        give_up_at, cuts = time.monotonic() + self._start_seconds, 0
        while not self._closed.is_set():
            last_event_id = self._last_event_id
            try:
                stream = self._open(run)
                if stream is None or self._is_read_to_the_end(stream):
                    return
            except (ApiUnreachable, StreamTruncated, ApiRefused) as exc:
                if not self._may_come_back(exc, give_up_at):
                    raise
            cuts = 0 if self._last_event_id > last_event_id else cuts
            if not self._mailbox.put([Connection.CUT]):
                return
            self._closed.wait(pause_seconds(cuts))
            cuts += 1

    def _open(self, run: RunRequest | RunToFollow) -> EventStream | None:
        if isinstance(run, RunToFollow):
            self._run_id = run.run_id
            self._last_event_id = max(self._last_event_id, run.last_event_id)
        elif self._run_id is None:
            return self._client.start_run(run)
        return self._client.run_events(RunToFollow(self._run_id, self._last_event_id))

    def _is_read_to_the_end(self, stream: EventStream) -> bool:
        try:
            with self._lock:
                self._stream = stream
                if self._closed.is_set():
                    return True
            self._run_id = self._run_id or stream.run_id
            if not self._mailbox.put([Connection.OPEN]):
                return True
            for batch in stream:
                self._last_event_id = max(self._last_event_id, batch[-1].seq)
                if not self._mailbox.put([*batch]) or is_terminal(batch[-1].event):
                    return True
            return self._closed.is_set()
        finally:
            with self._lock:
                self._stream = None
            stream.release()

    def _may_come_back(self, error: PageError, give_up_at: float) -> bool:
        if self._run_id is not None:
            return error.is_retryable
        return not isinstance(error, ApiRefused) and time.monotonic() < give_up_at


def pause_seconds(cuts: int) -> float:
    """Return how long to wait before the next connection: longer after every cut, and never the same for everybody."""
    longest: float = min(MOST_PAUSE_SECONDS, LEAST_PAUSE_SECONDS * 2.0 ** min(cuts, 8))
    return longest * random.uniform(0.6, 1.0)  # noqa: S311
