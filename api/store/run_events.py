"""The log of runs: numbered events, appended by a run's owner and replayed by anybody.

`append` and `replay_after` are the whole interface. What is stored has no gap, so what is replayed has none. A row
holds the events of one batch as lines, and the number of the last.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select

from api.store.records import Appended, Replay
from api.store.run_lines import RunEvent, RunLines, unpack
from api.store.run_rows import get_run, lock_owned
from api.store.schema import run_events, runs
from api.store.statements import insert_rows
from api.store.transactions import Database

ROWS_AT_ONCE = 16
STORED = select(run_events.c.seq, run_events.c.lines).where(
    run_events.c.run_number == select(runs.c.number).where(runs.c.id == bindparam("run_id")).scalar_subquery(),
    run_events.c.seq > bindparam("after"),
)


class RunEvents:
    """The events of accounts' runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, owner: str, batch: Sequence[RunLines]) -> Appended:
        """Store events of several runs of one owner, an entry for each run, in one transaction.

        The runs that do not take them have ended elsewhere, or the events do not follow the stored ones, and nothing of
        theirs is stored. Events that an earlier try has stored are left out, so a try can be repeated.
        """
        return self._database.write(_append, owner, batch) if batch else Appended()

    def replay_after(self, account_id: str, run_id: str, seq: int, rows: int = ROWS_AT_ONCE) -> Replay:
        """Return the events after `seq`, as many as so many rows have, and the run as it was just before.

        Raises:
            NotFound: The account has no such run.
        """
        return self._database.read(_replay_after, account_id, run_id, seq, rows)


def insert_lines(connection: Connection, added: Iterable[tuple[int, RunLines]]) -> None:
    """Add events to the runs of these numbers, which the transaction has locked."""
    insert_rows(connection, [(number, row.last_seq, row.lines) for number, lines in added for row in lines.rows()])


def stored_events(connection: Connection, run_id: str, seq: int = 0, rows: int | None = None) -> list[RunEvent]:
    """Return the events after `seq`, of at most so many rows."""
    found: list[RunEvent] = []
    asked = STORED.order_by(run_events.c.seq).limit(rows)
    for last_seq, lines in connection.execute(asked, {"run_id": run_id, "after": seq}):
        found += unpack(run_id, last_seq, bytes(lines))
    return [event for event in found if event.seq > seq]


def _append(connection: Connection, owner: str, batch: Sequence[RunLines]) -> Appended:
    owned = lock_owned(connection, owner, [lines.run_id for lines in batch])
    fitting = [rest for lines in batch if lines.run_id in owned and (rest := lines.rest_after(owned[lines.run_id].seq))]
    if added := [(owned[lines.run_id].number, lines) for lines in fitting if lines.lines]:
        insert_lines(connection, added)
    taken = frozenset(lines.run_id for lines in fitting)
    return Appended(taken, frozenset(run_id for run_id in taken if owned[run_id].is_cancelled))


def _replay_after(connection: Connection, account_id: str, run_id: str, seq: int, rows: int) -> Replay:
    run = get_run(connection, account_id, run_id)
    events = stored_events(connection, run_id, seq, rows)
    is_next = not events or events[0].seq == seq + 1
    return Replay(tuple(events) if is_next else (), run)
