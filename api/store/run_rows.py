"""Reading and locking rows of runs within a transaction."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, bindparam, case, func, select, text

from api.errors import NotFound
from api.store.engine import is_sqlite
from api.store.records import StoredRun
from api.store.schema import is_active, run_events, runs

logged_seq = select(func.max(run_events.c.seq)).where(run_events.c.run_number == runs.c.number).scalar_subquery()
COLUMNS = (
    runs.c.id.label("run_id"),
    case((is_active, logged_seq), else_=runs.c.seq).label("seq"),
    *(runs.c[name] for name in StoredRun.__slots__ if name not in ("run_id", "seq")),
)
RUN = select(*COLUMNS).where(runs.c.id == bindparam("run_id"), runs.c.account_id == bindparam("account_id"))
# A list of ids is one parameter: with one for each, every number of runs would be a statement of its own.
IN_SQLITE = "IN (SELECT value FROM json_each(:run_ids))"
IN_POSTGRES = "= ANY(CAST(:run_ids AS text[]))"
OWNED = (
    "SELECT number, id, cancel_requested_at IS NOT NULL FROM runs WHERE owner = :owner AND status = 'running' AND id"
)
OWNED_IN_SQLITE = text(f"{OWNED} {IN_SQLITE}")
OWNED_IN_POSTGRES = text(f"{OWNED} {IN_POSTGRES} ORDER BY id FOR NO KEY UPDATE")
LAST_SEQ = "(SELECT max(seq) FROM run_events WHERE run_number = of_run.value) FROM"
LAST_SEQS_IN_SQLITE = text(f"SELECT value, {LAST_SEQ} json_each(:numbers) AS of_run")
LAST_SEQS_IN_POSTGRES = text(f"SELECT value, {LAST_SEQ} unnest(CAST(:numbers AS bigint[])) AS of_run (value)")
CANCELLED = "SELECT id FROM runs WHERE status = 'running' AND cancel_requested_at IS NOT NULL AND id"
CANCELLED_IN_SQLITE = text(f"{CANCELLED} {IN_SQLITE}")
CANCELLED_IN_POSTGRES = text(f"{CANCELLED} {IN_POSTGRES}")


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

    They are locked in the order of their ids, so that no two transactions wait for each other. What they have stored is
    asked then: another try of the same owner may have stored some while this one waited.
    """
    statement = OWNED_IN_SQLITE if is_sqlite(connection) else OWNED_IN_POSTGRES
    rows = connection.execute(statement, {"owner": owner, "run_ids": _listed(connection, run_ids)}).all()
    seqs = last_seqs(connection, [number for number, _, _ in rows])
    return {run_id: Owned(number, seqs[number], is_cancelled) for number, run_id, is_cancelled in rows}


def last_seqs(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    """Return the last stored event of each of the runs of these numbers."""
    statement = LAST_SEQS_IN_SQLITE if is_sqlite(connection) else LAST_SEQS_IN_POSTGRES
    return dict(connection.execute(statement, {"numbers": _listed(connection, numbers)}).all())


def cancel_requested(connection: Connection, run_ids: Collection[str]) -> frozenset[str]:
    """Return those of the runs that go on and that somebody wants cancelled."""
    statement = CANCELLED_IN_SQLITE if is_sqlite(connection) else CANCELLED_IN_POSTGRES
    return frozenset(connection.execute(statement, {"run_ids": _listed(connection, run_ids)}).scalars())


def array_of(values: Iterable[object]) -> str:
    """Write values that need no quoting as an array of Postgres: cheaper than to let psycopg adapt a list."""
    return "{" + ",".join(map(str, values)) + "}"


def to_run(row: Row[*tuple[Any, ...]]) -> StoredRun:
    """Turn a row of `COLUMNS` into its value."""
    return StoredRun(**row._mapping)


def _listed(connection: Connection, values: Collection[object]) -> str:
    return orjson.dumps(list(values)).decode() if is_sqlite(connection) else array_of(values)
