"""What processes and persons leave: runs, found by a heartbeat that stays the same or a time to decide that is over,
and halves of imports.

What the clocks of machines say is no more than a reason to watch: they jump (suspend, NTP, a move to another host) and
differ. A run is taken for abandoned when this process, by its own monotonic clock, has seen one and the same heartbeat
for two intervals, in looks without a gap: after an outage or a sleep every heartbeat is old, and its owner beats first.
"""

import logging
import time
from collections.abc import Callable

from api.store import Store
from api.store.records import Heartbeat

LOOK_SECONDS = 2.5
SWEEP_SECONDS = 600.0
ABSENT_SECONDS = 3600.0  # No import and no purge takes so long.

logger = logging.getLogger(__name__)


class Orphans:
    """Watches the heartbeats of other owners' runs; for one thread."""

    def __init__(
        self, store: Store, owner: str, heartbeat_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._owner = owner
        self._heartbeat_seconds = heartbeat_seconds
        self._clock = clock
        self._seen_at: dict[Heartbeat, float] = {}
        self._looked_at = self._sweep_at = clock()

    def look(self, now: float) -> None:
        """If it is time, end what has been silent for long enough, watch what is silent now, and sweep a little."""
        since_last = now - self._looked_at
        if since_last < LOOK_SECONDS:
            return
        if since_last > self._heartbeat_seconds:
            self._seen_at.clear()
        self._store.run_decisions.end_forgotten()
        silent = self._store.runs.find_silent(self._owner, self._heartbeat_seconds)
        self._looked_at = self._clock()
        self._seen_at = {last: self._seen_at.get(last, self._looked_at) for last in silent}
        for last, seen_at in self._seen_at.items():
            # `now` is from before the look, `seen_at` from after the first one: how long either took does not count.
            if now - seen_at >= 2 * self._heartbeat_seconds and self._store.runs.claim(last):
                logger.warning("A run was abandoned by its process", extra={"fields": {"run_id": last.run_id}})
        if now >= self._sweep_at and not self._store.imports.sweep(ABSENT_SECONDS):
            self._sweep_at = now + SWEEP_SECONDS
