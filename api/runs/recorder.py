"""Keeps the runs of this worker in the store: events in batches, a heartbeat, cancels, endings; ends others' orphans.

One thread per worker does it all, one transaction for all runs about every 200 ms. A run that ends is stored before
its readers see the end, so exactly one terminal event is ever written, also when two processes think a run is theirs.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from api.errors import StoreUnavailable
from api.events import Event, to_json
from api.hub import in_turns
from api.parts import Part, fold_events
from api.runs.orphans import Orphans
from api.runs.run import Run
from api.store import Store
from api.store.records import Ending
from api.store.run_lines import RunLines, pack

FLUSH_SECONDS = 0.2
HEARTBEAT_SECONDS = 10.0
STORED_SECONDS = 30.0
LOOK_SECONDS = 0.02

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Recorded:
    """A run and how much of it is stored."""

    run: Run
    answer_parts: tuple[Part, ...]
    stored_seq: int = 1


class RunRecorder:
    """Records runs until each has ended and its end is stored."""

    def __init__(
        self, store: Store, owner: str, on_end: Callable[[Run], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._owner = owner
        self._on_end = on_end
        self._recorded: dict[str, Recorded] = {}
        self._orphans = Orphans(store, owner, HEARTBEAT_SECONDS, clock)
        self._woken = threading.Event()
        self._heartbeat_at = clock()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._recorded)

    def start(self) -> None:
        """Start the thread; the second time does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._record_for_ever, name="recorder", daemon=True)
            self._thread.start()

    def add(self, run: Run, answer_parts: Sequence[Part]) -> None:
        """Record a run whose row and events so far are stored."""
        self._recorded[run.run_id] = Recorded(run, tuple(answer_parts), run.log.last_seq)
        self.start()

    def wait_stored(self, run_id: str) -> bool:
        """Return once what a run's log has now is stored; False where it is not in its time, or the run is over."""
        recorded = self._recorded.get(run_id)
        seq = recorded.run.log.last_seq if recorded is not None else 0
        deadline = time.monotonic() + STORED_SECONDS
        while recorded is not None and recorded.stored_seq < seq:
            if recorded.run.log.is_sealed or time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
            recorded = self._recorded.get(run_id)
        return recorded is not None

    def wake(self) -> None:
        """Store what is sealed without waiting for the next flush."""
        self._woken.set()

    def cycle(self, now: float) -> None:
        """Do everything that is due once."""
        self.store_sealed()
        for run_id in self._flush():
            self._recorded[run_id].run.cancel()
        if now - self._heartbeat_at >= HEARTBEAT_SECONDS:
            run_ids = list(self._recorded)
            self._abandon(set(run_ids) - self._store.runs.heartbeat(self._owner, run_ids))
            self._heartbeat_at = now
        self._orphans.look(now)

    def store_sealed(self) -> None:
        """Store the ends of the runs that are sealed, and end them."""
        for recorded in list(self._recorded.values()):  # Others add to it meanwhile.
            if recorded.run.terminal is not None:
                self._store_end(recorded)
            elif recorded.run.log.is_parked:
                self._store_park(recorded)

    def _record_for_ever(self) -> None:
        flush_at = 0.0
        while True:
            self._woken.wait(max(0.0, flush_at - time.monotonic()))
            self._woken.clear()
            try:
                # An end is stored at once, and is no reason to flush all the others.
                if (now := time.monotonic()) < flush_at:
                    self.store_sealed()
                else:
                    flush_at = now + FLUSH_SECONDS
                    self.cycle(now)
            except StoreUnavailable as error:
                logger.warning("Runs are kept in memory: %s", error)
                self._heartbeat_at = 0.0  # The first thing to do once it is back.
                time.sleep(FLUSH_SECONDS)
            except Exception:
                logger.exception("Recording runs failed")
                time.sleep(FLUSH_SECONDS)

    def _flush(self) -> frozenset[str]:
        """Store what has come; return the runs that somebody wants cancelled."""
        silent, batch = [], []
        for recorded in list(self._recorded.values()):  # Others add to it meanwhile.
            lines = _lines_after(recorded)
            if lines.lines:
                batch.append(lines)
            else:
                silent.append(lines.run_id)
        appended = self._store.run_events.append(self._owner, batch)
        for lines in batch:
            if lines.run_id in appended.taken:
                self._recorded[lines.run_id].stored_seq = lines.last_seq
        self._abandon({lines.run_id for lines in batch} - appended.taken)
        return appended.cancelled | self._store.runs.cancel_requested(silent)

    def _store_end(self, recorded: Recorded) -> None:
        run_id = recorded.run.run_id
        try:
            is_mine = self._store.runs.end(self._owner, _ending_of(recorded))
        except StoreUnavailable:
            raise
        except Exception:
            # It must not keep the others from being stored.
            logger.exception("The end of run %s cannot be stored", run_id)
            is_mine = self._store_failure(recorded)
        if is_mine:
            del self._recorded[run_id]
            recorded.run.end()
            self._on_end(recorded.run)
        else:
            self._abandon({run_id})

    def _store_park(self, recorded: Recorded) -> None:
        run = recorded.run
        lines = _lines_after(recorded, run.last_events())
        if self._store.run_decisions.park(self._owner, lines, run.expires_at()):
            # From now on anybody may have taken it up, also this worker.
            if self._recorded.get(run.run_id) is recorded:
                del self._recorded[run.run_id]
            run.end()
            self._on_end(run)
        else:
            self._abandon({run.run_id})

    def _store_failure(self, recorded: Recorded) -> bool:
        """Store a plain failure instead of an end that cannot be; where not even that can, others will find it."""
        recorded.run.end_as_failed()
        try:
            return self._store.runs.end(self._owner, _ending_of(recorded))
        except StoreUnavailable:
            raise
        except Exception:
            logger.exception("The failure of run %s cannot be stored either", recorded.run.run_id)
            return False

    def _abandon(self, run_ids: set[str]) -> None:
        for run_id in run_ids:
            logger.warning("A run has ended elsewhere", extra={"fields": {"run_id": run_id}})
            run = self._recorded.pop(run_id).run
            run.abandon()
            self._on_end(run)


def _ending_of(recorded: Recorded) -> Ending:
    run = recorded.run
    if run.terminal is None:
        raise RuntimeError("the run is not sealed")
    lines = _lines_after(recorded, run.last_events())
    logged = in_turns((entry.event.type, entry.fields) for entry in run.log.replay_after(0))
    return Ending(lines, run.terminal, fold_events(logged, recorded.answer_parts), run.usage)


def _lines_after(recorded: Recorded, last: Sequence[Event] = ()) -> RunLines:
    run, seq = recorded.run, recorded.stored_seq
    events = ((event.type, fields) for _, event, fields in run.log.replay_after(seq))
    return pack(run.run_id, seq, in_turns(chain(events, ((event.type, to_json(event)) for event in last))))
