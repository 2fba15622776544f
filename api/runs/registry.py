"""The runs of this worker: slots, readers, the clock's tick and the drain.

A run of `POST /stream` belongs to its request and ends when its last reader leaves. A stored run goes on without
readers; the recorder keeps it in the store.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from api.config import Config
from api.errors import Busy, ServerShutdown
from api.events import RunStarted, ToolCallStarted
from api.ids import new_id
from api.messages import GatewayRequest, ModelRequest
from api.runs.clock import start_clock
from api.runs.gateway_run import GatewayClient, GatewayRun
from api.runs.log_reader import Client, RunReader
from api.runs.model import ChatModel, GatewayCall
from api.runs.run import Run
from api.runs.steps import Steps
from api.runs.taking_up import TakenUp
from api.runs.toolbox import Toolbox
from api.store.records import StoredRun

# Finds the provider of a model.
FindModel = Callable[[str], ChatModel]


@dataclass(slots=True)
class _Entry:
    run: Run
    stored: StoredRun | None = None
    readers: list[RunReader] = field(default_factory=list)


class RunRegistry:
    """Starts runs and keeps each until it has ended and its readers have left."""

    def __init__(self, find_model: FindModel, config: Config, on_end: Callable[[Run | GatewayRun], None]) -> None:
        self._find_model = find_model
        self._config = config
        self._on_end = on_end
        self._entries: dict[str, _Entry] = {}
        self._passed: dict[str, GatewayRun] = {}
        self._lock = threading.Lock()
        self._clock: threading.Thread | None = None
        self._drain_at: float | None = None
        self.is_stopping: Callable[[], bool] = lambda: False

    def __len__(self) -> int:
        return len(self._entries) + len(self._passed)

    def start_passed(
        self, request: GatewayRequest, call: GatewayCall, *, request_id: str, client: GatewayClient
    ) -> GatewayRun:
        """Take in a chat completion that is passed on, which asks nothing yet.

        Raises:
            Busy: Every slot is taken.
            ServerShutdown: This process is going away.
        """
        self.check_slots()
        run = GatewayRun(request, call, request_id, client, self._config, self._note_passed)
        self._passed[run.run_id] = run
        self._start_clock()
        return run

    def start_bound(
        self,
        request: ModelRequest,
        *,
        thread_id: str,
        request_id: str,
        client: Client,
        toolbox: Toolbox | None = None,
    ) -> tuple[Run, RunReader]:
        """Start a run of one request, with its reader.

        Raises:
            Busy: Every slot is taken.
            ServerShutdown: This process is going away.
        """
        self.check_slots()
        started = RunStarted(new_id(), thread_id, None, new_id(), request.model)
        steps = Steps(self._find_model(request.model), request, self._config, toolbox=toolbox)
        run = Run(started, request, request_id, steps, self._end)
        self._admit(_Entry(run))
        reader = self.follow(run, client)
        self.produce(run)
        return run, reader

    def admit_stored(
        self,
        started: RunStarted,
        request: ModelRequest,
        *,
        stored: StoredRun,
        request_id: str,
        on_sealed: Callable[[Run], None],
        toolbox: Toolbox | None = None,
        taken_up: TakenUp | None = None,
        by_hand: ToolCallStarted | None = None,
    ) -> Run:
        """Take in a run whose row is stored; `produce` lets it begin, `note_end` is to be told of its end."""
        went_before = taken_up or TakenUp()
        steps = Steps(
            self._find_model(request.model),
            request,
            self._config,
            toolbox=toolbox,
            decided=went_before.decided,
            step=went_before.step,
            usage=went_before.usage,
            by_hand=by_hand,
        )
        run = Run(started, request, request_id, steps, on_sealed, went_before.logged)
        self._admit(_Entry(run, stored))
        return run

    def produce(self, run: Run) -> None:
        """Let a run begin to ask the model."""
        threading.Thread(target=run.produce, name=f"run-{run.run_id}", daemon=True).start()

    def find(self, run_id: str) -> Run | None:
        """Return a run that this worker makes and that has not ended."""
        entry = self._entries.get(run_id)
        return entry.run if entry is not None and not entry.run.log.is_ended else None

    def cancel_stored(self, account_id: str, run_id: str) -> StoredRun | None:
        """Cancel a stored run of the account that this worker makes, and return its row; None if there is none."""
        entry = self._entries.get(run_id)
        if entry is None or entry.stored is None or entry.stored.account_id != account_id or entry.run.log.is_ended:
            return None
        return replace(entry.stored, seq=entry.run.log.last_seq) if entry.run.cancel() else None

    def follow(self, run: Run, client: Client, last_event_id: int = 0) -> RunReader:
        """Read a run after an event."""
        reader = RunReader(run.log, client, self._config.heartbeat_seconds, self._left(run), last_event_id)
        entry = self._entries.get(run.run_id)
        if entry is not None and entry.run is run:
            entry.readers.append(reader)
        return reader

    def note_end(self, run: Run) -> None:
        """Log the end of a run, and forget it once its readers have left."""
        self._on_end(run)
        self._forget_if_over(run)

    def check_slots(self) -> None:
        """Refuse what cannot be started now.

        Raises:
            Busy: Every slot is taken.
            ServerShutdown: This process is going away.
        """
        if self.is_stopping():
            raise ServerShutdown("The server is restarting. Try again in a moment.", retry_after_seconds=2)
        if len(self) >= self._config.max_streams:
            raise Busy(
                f"All {self._config.max_streams} streams of this server are in use. Try again in a moment.",
                retry_after_seconds=2,
            )

    def tick(self, now: float) -> None:
        """Check every run and reader; interrupt what still runs at the drain limit."""
        if self._drain_at is None and self.is_stopping():
            self._drain_at = now + self._config.drain_seconds
        for entry in list(self._entries.values()):
            if not entry.run.log.is_sealed:
                entry.run.tick(now)
            if self._drain_at is not None and now >= self._drain_at:
                entry.run.interrupt()
            for reader in list(entry.readers):
                reader.tick(now)
        for run in list(self._passed.values()):
            if self._drain_at is not None and now >= self._drain_at:
                run.interrupt()
            run.tick(now)

    def wait_until_empty(self, seconds: float) -> None:
        """Wait until no run is left."""
        deadline = time.monotonic() + seconds
        while len(self) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _admit(self, entry: _Entry) -> None:
        self._entries[entry.run.run_id] = entry
        self._start_clock()

    def _start_clock(self) -> None:
        with self._lock:
            self._clock = self._clock or start_clock(self.tick)

    def _note_passed(self, run: GatewayRun) -> None:
        self._passed.pop(run.run_id, None)
        self._on_end(run)

    def _end(self, run: Run) -> None:
        run.end()
        self.note_end(run)

    def _left(self, run: Run) -> Callable[[RunReader], None]:
        def left(reader: RunReader) -> None:
            entry = self._entries.get(run.run_id)
            if entry is None or entry.run is not run:
                return
            if reader in entry.readers:
                entry.readers.remove(reader)
            if not entry.readers:
                if entry.stored is None:
                    run.cancel()
                self._forget_if_over(run)

        return left

    def _forget_if_over(self, run: Run) -> None:
        entry = self._entries.get(run.run_id)
        # A run that waited and was taken up is another entry.
        if entry is not None and entry.run is run and run.log.is_ended and not entry.readers:
            self._entries.pop(run.run_id, None)
