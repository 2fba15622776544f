"""The runs of this worker that wait for a person while calls of theirs are open at older servers.

Such a run is parked like any other, and everybody may decide about it; but only the worker that has the calls can go on
with it. So the decision leaves it to that worker, which looks.
"""

import logging
import threading
from collections.abc import Callable

from api.errors import ServerShutdown, StoreUnavailable
from api.events import RunInterrupted
from api.runs.run import Run
from api.runs.tools import Tools
from api.store import Store
from api.store.run_decisions import DecidedRun

LOOK_SECONDS = 0.4

logger = logging.getLogger(__name__)

GoOn = Callable[[DecidedRun], object]


class Holding:
    """Watches the runs it is told of until somebody has decided or they are over; then lets the calls go on, or go.

    `note_end` is told of every run that leaves the recorder, and `go_on` of those that are decided about.
    """

    def __init__(self, store: Store, owner: str, tools: Tools, go_on: GoOn) -> None:
        self._store = store
        self._owner = owner
        self._tools = tools
        self._go_on = go_on
        self._run_ids: set[str] = set()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def note_end(self, run: Run) -> None:
        """Watch a run that has parked with calls that are open."""
        if not any(question.held_by for question in run.questions):
            return
        self._run_ids.add(run.run_id)
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_for_ever, name="holding", daemon=True)
            self._thread.start()
        self._woken.set()

    def close(self) -> None:
        """Interrupt the runs, whose calls end with this process."""
        reason = ServerShutdown(
            "The server restarted while a tool waited for your answer in an open call. Ask again.",
            retry_after_seconds=2,
        )
        interrupted = RunInterrupted(reason.code, str(reason), reason.retryable)
        try:
            for run_id in list(self._run_ids):
                self._store.run_decisions.interrupt(run_id, interrupted)
        except StoreUnavailable as error:
            logger.warning("Runs that wait in open calls are left to others: %s", error)

    def look(self) -> None:
        """Look once what has become of the runs."""
        watched = frozenset(self._run_ids)
        held = self._store.run_decisions.held(self._owner, watched)
        self._run_ids -= watched - held.waiting
        for decided in held.decided:
            try:
                self._go_on(decided)
            except Exception:
                # It is stored as failed, and must not keep the others from going on.
                logger.exception("Run %s could not go on", decided.run.run_id)
        for run_id in watched - held.waiting - {decided.run.run_id for decided in held.decided}:
            self._tools.forget(run_id)

    def _look_for_ever(self) -> None:
        while True:
            self._woken.wait(LOOK_SECONDS if self._run_ids else None)
            self._woken.clear()
            try:
                self.look()
            except StoreUnavailable:
                pass  # The recorder says so; the calls wait.
            except Exception:
                logger.exception("Runs that wait in open calls could not be looked after")
