"""The log of runs: numbered events, appended by a run's owner and replayed by anybody.

`append` and `replay_after` are the whole interface. What is stored has no gap, so what is replayed has none. A row
holds the events of one batch, each as a line of its type and its JSON, and the number of the last.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, bindparam, select, text

from api.store.engine import is_sqlite
from api.store.records import Replay, RunEvent
from api.store.run_rows import array_of, get_run, lock_owned
from api.store.schema import run_events
from api.store.transactions import Database

# Postgres takes a batch as arrays in one statement, for a third of what a statement for each row costs; SQLite has no
# round trips, and most of what SQLAlchemy does for a row is spared by talking to the driver.
INSERT_AT_ONCE = text(
    "INSERT INTO run_events (run_id, seq, lines) SELECT * FROM "
    "unnest(CAST(:run_ids AS text[]), CAST(:seqs AS integer[]), CAST(:lines AS bytea[]))"
)
INSERT_EACH = "INSERT INTO run_events (run_id, seq, lines) VALUES (?, ?, ?)"
UPDATE_AT_ONCE = text(
    "UPDATE runs SET seq = new.last_seq, heartbeat_at = extract(epoch FROM clock_timestamp()) FROM "
    "unnest(CAST(:run_ids AS text[]), CAST(:seqs AS integer[])) AS new (of_run, last_seq) WHERE runs.id = new.of_run"
)
UPDATE_EACH = "UPDATE runs SET seq = ?, heartbeat_at = ? WHERE id = ?"
RUN_ID = itemgetter(0)
MOST_EVENTS_IN_ROW = 100
ROWS_AT_ONCE = 64
STORED = select(run_events.c.seq, run_events.c.lines).where(
    run_events.c.run_id == bindparam("run_id"), run_events.c.seq > bindparam("after")
)


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

    def replay_after(self, account_id: str, run_id: str, seq: int, rows: int = ROWS_AT_ONCE) -> Replay:
        """Return the events after `seq`, as many as so many rows have, and the run as it was just before.

        Raises:
            NotFound: The account has no such run.
        """
        return self._database.read(_replay_after, account_id, run_id, seq, rows)


def insert_events(connection: Connection, events: Iterable[RunEvent]) -> None:
    """Add events, each run's in order, within a transaction that has locked their runs."""
    rows = [
        (
            run_id,
            row[-1].seq,
            b"".join([b"%b %b\n" % (event_type.encode(), fields) for _, _, event_type, fields in row]),
        )
        for run_id, of_run in groupby(events, RUN_ID)
        for row in _rows(list(of_run))
    ]
    if is_sqlite(connection):
        connection.exec_driver_sql(INSERT_EACH, rows)
    else:
        run_ids, seqs, lines = zip(*rows, strict=True)
        hexed = [f'"\\\\x{line.hex()}"' for line in lines]
        arrays = {"run_ids": array_of(run_ids), "seqs": array_of(seqs), "lines": array_of(hexed)}
        connection.execute(INSERT_AT_ONCE, arrays)


def stored_events(connection: Connection, run_id: str, seq: int = 0, rows: int | None = None) -> list[RunEvent]:
    """Return the events after `seq`, of at most so many rows."""
    found: list[RunEvent] = []
    asked = STORED.order_by(run_events.c.seq).limit(rows)
    for last_seq, lines in connection.execute(asked, {"run_id": run_id, "after": seq}):
        of_row = bytes(lines).split(b"\n")[:-1]
        for number, line in enumerate(of_row, start=last_seq - len(of_row) + 1):
            event_type, _, encoded = line.partition(b" ")
            if number > seq:
                found.append(RunEvent(run_id, number, event_type.decode(), encoded))
    return found


def _append(connection: Connection, owner: str, batch: Sequence[RunEvent]) -> frozenset[str]:
    by_run = {run_id: list(events) for run_id, events in groupby(sorted(batch), RUN_ID)}
    stored = lock_owned(connection, owner, by_run)
    taken = {run_id: _after(by_run[run_id], seq) for run_id, seq in stored.items()}
    fitting = {run_id: events for run_id, events in taken.items() if events is not None}
    added = {run_id: events for run_id, events in fitting.items() if events}
    if added:
        insert_events(connection, [event for events in added.values() for event in events])
        _set_seqs(connection, {run_id: events[-1].seq for run_id, events in added.items()})
    return frozenset(fitting)


def _set_seqs(connection: Connection, seqs: Mapping[str, int]) -> None:
    """Note what is stored, which is a sign of life of the owner too."""
    if is_sqlite(connection):
        now = time.time()
        connection.exec_driver_sql(UPDATE_EACH, [(seq, now, run_id) for run_id, seq in seqs.items()])
    else:
        connection.execute(UPDATE_AT_ONCE, {"run_ids": array_of(seqs), "seqs": array_of(seqs.values())})


def _after(events: list[RunEvent], seq: int) -> list[RunEvent] | None:
    """Return what follows `seq` without a gap, or None."""
    rest = [event for event in events if event.seq > seq]
    follows = [event.seq for event in rest] == list(range(seq + 1, seq + 1 + len(rest)))
    return rest if follows else None


def _replay_after(connection: Connection, account_id: str, run_id: str, seq: int, rows: int) -> Replay:
    run = get_run(connection, account_id, run_id)
    events = stored_events(connection, run_id, seq, rows)
    is_next = not events or events[0].seq == seq + 1
    return Replay(tuple(events) if is_next else (), run)


def _rows(events: list[RunEvent]) -> list[list[RunEvent]]:
    return [events[start : start + MOST_EVENTS_IN_ROW] for start in range(0, len(events), MOST_EVENTS_IN_ROW)]
