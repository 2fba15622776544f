"""Reading and locking rows of runs within a transaction."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, select

from api.errors import NotFound
from api.store.records import StoredRun
from api.store.schema import is_running, runs

COLUMNS = (
    runs.c.id.label("run_id"),
    *(runs.c[name] for name in StoredRun.__slots__ if name != "run_id"),
)


def get_run(connection: Connection, account_id: str, run_id: str) -> StoredRun:
    """Return a run of the account."""
    asked = select(*COLUMNS).where(runs.c.id == run_id, runs.c.account_id == account_id)
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise NotFound("There is no such run.")
    return to_run(row)


def lock_owned(connection: Connection, owner: str, run_ids: Collection[str]) -> dict[str, int]:
    """Lock those of the runs that go on and are the owner's; return the seq of each.

    They are locked in the order of their ids, so that no two transactions wait for each other.
    """
    asked = select(runs.c.id, runs.c.seq).where(runs.c.id.in_(run_ids), runs.c.owner == owner, is_running)
    rows = connection.execute(asked.order_by(runs.c.id).with_for_update(key_share=True))
    return dict(rows.all())


def to_run(row: Row[*tuple[Any, ...]]) -> StoredRun:
    """Turn a row of `COLUMNS` into its value."""
    return StoredRun(**row._mapping)
