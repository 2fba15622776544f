"""Reading and locking rows of runs within a transaction."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, case, func, select

from api.errors import NotFound
from api.store.records import StoredRun
from api.store.schema import is_active, run_events, runs
from api.store.statements import CANCELLED, LAST_SEQS, OWNED, listed

logged_seq = select(func.max(run_events.c.seq)).where(run_events.c.run_number == runs.c.number).scalar_subquery()
COLUMNS = (
    runs.c.id.label("run_id"),
    case((is_active, logged_seq), else_=runs.c.seq).label("seq"),
    *(runs.c[name] for name in StoredRun.__slots__ if name not in ("run_id", "seq")),
)
RUN = select(*COLUMNS).where(runs.c.id == bindparam("run_id"), runs.c.account_id == bindparam("account_id"))


class Owned(NamedTuple):
    """What an owner has to know of a run; `seq` is its last stored event's."""

    number: int
    seq: int
    is_cancelled: bool


def get_run(connection: Connection, account_id: str, run_id: str) -> StoredRun:
    """Return a run of the account."""
    row = connection.execute(RUN, {"run_id": run_id, "account_id": account_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such run.")
    return to_run(row)


def lock_owned(connection: Connection, owner: str, run_ids: Collection[str]) -> dict[str, Owned]:
    """Lock those of the runs that go on and are the owner's.

    What they have stored is asked when they are locked: another try of the same owner may have stored some while this
    one waited.
    """
    rows = connection.execute(OWNED.on(connection), {"owner": owner, "run_ids": listed(connection, run_ids)}).all()
    seqs = last_seqs(connection, [number for number, _, _ in rows])
    return {run_id: Owned(number, seqs[number], is_cancelled) for number, run_id, is_cancelled in rows}


def last_seqs(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    """Return the last stored event of each of the runs of these numbers."""
    return dict(connection.execute(LAST_SEQS.on(connection), {"numbers": listed(connection, numbers)}).all())


def cancel_requested(connection: Connection, run_ids: Collection[str]) -> frozenset[str]:
    """Return those of the runs that go on and that somebody wants cancelled."""
    return frozenset(connection.execute(CANCELLED.on(connection), {"run_ids": listed(connection, run_ids)}).scalars())


def to_run(row: Row[*tuple[Any, ...]]) -> StoredRun:
    """Turn a row of `COLUMNS` into its value."""
    return StoredRun(**row._mapping)
