"""What grows is taken back: the events of runs whose message is final."""

from collections.abc import Callable

from sqlalchemy import Connection, delete, func, select, update

from api.store.schema import Now, has_events, is_running, mcp_calls, metadata, run_events, runs
from api.store.transactions import Database

RUNS_AT_ONCE = 200


class Maintenance:
    """Work on all accounts at once, in short transactions."""

    def __init__(self, database: Database, *, runs_at_once: int = RUNS_AT_ONCE) -> None:
        self._database = database
        self._runs_at_once = runs_at_once

    def prune(self, before: float) -> int:
        """Delete the events of runs that ended before `before`, and return how many runs these were.

        Calls of MCP clients that began before that, whose workers have been killed, are forgotten as well.
        """
        self._database.write(_forget_calls, before)
        return self._repeat(_prune_some, before, self._runs_at_once)

    def stats(self) -> dict[str, int]:
        """Return the number of rows of each table, and of the runs that go on."""
        return self._database.read(_stats)

    def _repeat(self, some: Callable[[Connection, float, int], int], before: float, at_once: int) -> int:
        total = 0
        while True:
            count = self._database.write(some, before, at_once)
            total += count
            if count < at_once:
                return total


def _prune_some(connection: Connection, before: float, at_once: int) -> int:
    ended = select(runs.c.number).where(has_events, runs.c.ended_at < before).order_by(runs.c.ended_at).limit(at_once)
    numbers = connection.execute(ended.with_for_update(key_share=True, skip_locked=True)).scalars().all()
    connection.execute(delete(run_events).where(run_events.c.run_number.in_(numbers)))
    connection.execute(update(runs).where(runs.c.number.in_(numbers)).values(events_pruned_at=Now()))
    return len(numbers)


def _forget_calls(connection: Connection, before: float) -> None:
    connection.execute(delete(mcp_calls).where(mcp_calls.c.created_at < before))


def _stats(connection: Connection) -> dict[str, int]:
    counts = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }
    counts["running_runs"] = connection.execute(select(func.count()).select_from(runs).where(is_running)).scalar_one()
    return counts
