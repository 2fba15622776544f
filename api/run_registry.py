"""The runs of this worker: slots, readers, the clock's tick and the drain."""

import threading
import uuid
from collections.abc import Callable

from api.clock import start_clock
from api.config import Config
from api.errors import Busy, ServerShutdown
from api.events import RunStarted
from api.messages import ModelRequest
from api.model_calls import ChatModel
from api.run_reader import Client, RunReader
from api.runs import Run


class RunRegistry:
    """Starts runs and keeps each until it has ended and its readers have left.

    A run started here ends when its last reader leaves: it belongs to one request.
    """

    def __init__(self, chat_model: ChatModel, config: Config, on_end: Callable[[Run], None]) -> None:
        self._chat_model = chat_model
        self._config = config
        self._on_end = on_end
        self._readers: dict[Run, list[RunReader]] = {}
        self._lock = threading.Lock()
        self._clock: threading.Thread | None = None
        self._drain_at: float | None = None
        self.is_stopping: Callable[[], bool] = lambda: False

    def __len__(self) -> int:
        return len(self._readers)

    def start(self, request: ModelRequest, *, thread_id: str, request_id: str, client: Client) -> tuple[Run, RunReader]:
        """Start a run with its first reader.

        Raises:
            Busy: Every slot is taken.
            ServerShutdown: This process is going away.
        """
        started = RunStarted(new_id(), thread_id, new_id(), request.model)
        run = Run(started, request, request_id, self._chat_model, self._config, self._ended)
        reader = RunReader(run.log, client, self._config.heartbeat_seconds, lambda reader: self._left(run, reader))
        self._admit(run, reader)
        threading.Thread(target=run.produce, name=f"run-{run.run_id}", daemon=True).start()
        return run, reader

    def tick(self, now: float) -> None:
        """Check every run and reader; interrupt what still runs at the drain limit."""
        if self._drain_at is None and self.is_stopping():
            self._drain_at = now + self._config.drain_seconds
        for run, readers in list(self._readers.items()):
            if not run.log.is_ended:
                run.tick(now)
            if self._drain_at is not None and now >= self._drain_at:
                run.interrupt()
            for reader in list(readers):
                reader.tick(now)

    def _admit(self, run: Run, reader: RunReader) -> None:
        if self.is_stopping():
            raise ServerShutdown("The server is restarting. Try again in a moment.", retry_after_seconds=2)
        with self._lock:
            if len(self._readers) >= self._config.max_streams:
                raise Busy(
                    f"All {self._config.max_streams} streams of this server are in use. Try again in a moment.",
                    retry_after_seconds=2,
                )
            self._readers[run] = [reader]
            if self._clock is None:
                self._clock = start_clock(self.tick)

    def _left(self, run: Run, reader: RunReader) -> None:
        readers = self._readers.get(run, [])
        if reader in readers:
            readers.remove(reader)
        if not readers:
            run.cancel()
            self._settle(run)

    def _ended(self, run: Run) -> None:
        self._on_end(run)
        self._settle(run)

    def _settle(self, run: Run) -> None:
        if run.log.is_ended and not self._readers.get(run):
            self._readers.pop(run, None)


def new_id() -> str:
    """Make an id that nobody guesses."""
    return uuid.uuid4().hex
