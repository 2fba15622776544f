"""The log of runs: numbered events, appended by a run's owner and replayed by anybody.

`append` and `replay_after` are the whole interface. What is stored has no gap, so what is replayed has none.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, takewhile
from operator import attrgetter

from sqlalchemy import Connection, bindparam, insert, select, update

from api.store.records import Replay, RunEvent
from api.store.run_rows import get_run, lock_owned
from api.store.schema import run_events, runs
from api.store.transactions import Database


class RunEvents:
    """The events of accounts' runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, owner: str, batch: Sequence[RunEvent]) -> frozenset[str]:
        """Store events of several runs of one owner, each run's in order, in one transaction.

        Return the runs that took them. The others have ended elsewhere, or their events do not follow the stored ones,
        and nothing of theirs is stored. Events that an earlier try has stored are left out, so a try can be repeated.
        """
        return self._database.write(_append, owner, batch) if batch else frozenset()

    def replay_after(self, account_id: str, run_id: str, seq: int, limit: int = 500) -> Replay:
        """Return the events after `seq`, at most `limit`, and the run as it was just before.

        Raises:
            NotFound: The account has no such run.
        """
        return self._database.read(_replay_after, account_id, run_id, seq, limit)


def insert_events(connection: Connection, events: Iterable[RunEvent]) -> None:
    """Add events within a transaction that has locked their runs."""
    rows = [{"run_id": event.run_id, "seq": event.seq, "type": event.type, "data": event.data} for event in events]
    connection.execute(insert(run_events), rows)


def _append(connection: Connection, owner: str, batch: Sequence[RunEvent]) -> frozenset[str]:
    by_run = {run_id: list(events) for run_id, events in groupby(sorted(batch, key=_place), attrgetter("run_id"))}
    stored = lock_owned(connection, owner, by_run)
    taken = {run_id: _after(by_run[run_id], seq) for run_id, seq in stored.items()}
    fitting = {run_id: events for run_id, events in taken.items() if events is not None}
    added = {run_id: events for run_id, events in fitting.items() if events}
    if added:
        insert_events(connection, [event for events in added.values() for event in events])
        connection.execute(
            update(runs).where(runs.c.id == bindparam("of_run")).values(seq=bindparam("last_seq")),
            [{"of_run": run_id, "last_seq": events[-1].seq} for run_id, events in added.items()],
        )
    return frozenset(fitting)


def _after(events: list[RunEvent], seq: int) -> list[RunEvent] | None:
    """Return what follows `seq` without a gap, or None."""
    rest = [event for event in events if event.seq > seq]
    follows = all(event.seq == seq + place for place, event in enumerate(rest, start=1))
    return rest if follows else None


def _replay_after(connection: Connection, account_id: str, run_id: str, seq: int, limit: int) -> Replay:
    run = get_run(connection, account_id, run_id)
    asked = select(run_events.c.seq, run_events.c.type, run_events.c.data).where(run_events.c.run_id == run_id)
    rows = connection.execute(asked.where(run_events.c.seq > seq).order_by(run_events.c.seq).limit(limit))
    events = [RunEvent(run_id, number, event_type, bytes(data)) for number, event_type, data in rows]
    unbroken = takewhile(lambda placed: placed[1].seq == placed[0], enumerate(events, start=seq + 1))
    return Replay(tuple(event for _, event in unbroken), run)


def _place(event: RunEvent) -> tuple[str, int]:
    return event.run_id, event.seq
