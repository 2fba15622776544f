"""The calls of MCP clients that go on, and which run each has started: any worker finds what is to be cancelled.

A cancel may be faster than its call: it then leaves a mark, which the call finds.
"""

import time

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, select, update

from api.store.schema import mcp_calls
from api.store.statements import insert_if_new
from api.store.transactions import Database

MARK_SECONDS = 60.0
MOST_SECONDS = 86_400.0


class McpCalls:
    """Calls by account and key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, account_id: str, call_key: str, run_id: str) -> bool:
        """Note which run a call has started; False, and nothing noted, when it is cancelled already."""
        return self._database.write(_begin, account_id, call_key, run_id)

    def end(self, account_id: str, call_key: str, run_id: str) -> None:
        """Forget a call, unless the key is another's by now."""
        self._database.write(_end, account_id, call_key, run_id)

    def cancel(self, account_id: str, call_key: str) -> str | None:
        """Return the run of a call that is to be cancelled; None leaves a mark where there is none yet."""
        return self._database.write(_cancel, account_id, call_key)


def _begin(connection: Connection, account_id: str, call_key: str, run_id: str) -> bool:
    if _insert(connection, account_id, call_key, run_id):
        return True
    found = connection.execute(_asked(account_id, call_key).with_for_update()).one()
    if found.run_id is None and time.time() - found.created_at < MARK_SECONDS:
        connection.execute(delete(mcp_calls).where(_is(account_id, call_key)))
        return False
    # An old mark, or the run of a client that gives a number twice: the newest counts.
    row = update(mcp_calls).where(_is(account_id, call_key))
    connection.execute(row.values(run_id=run_id, created_at=time.time()))
    return True


def _end(connection: Connection, account_id: str, call_key: str, run_id: str) -> None:
    connection.execute(delete(mcp_calls).where(_is(account_id, call_key), mcp_calls.c.run_id == run_id))


def _cancel(connection: Connection, account_id: str, call_key: str) -> str | None:
    now = time.time()
    is_old_mark = and_(mcp_calls.c.run_id.is_(None), mcp_calls.c.created_at < now - MARK_SECONDS)
    connection.execute(delete(mcp_calls).where(is_old_mark | (mcp_calls.c.created_at < now - MOST_SECONDS)))
    if _insert(connection, account_id, call_key, None):
        return None
    found = connection.execute(_asked(account_id, call_key)).one_or_none()
    return None if found is None else found.run_id


def _insert(connection: Connection, account_id: str, call_key: str, run_id: str | None) -> bool:
    row = {"account_id": account_id, "call_key": call_key, "run_id": run_id, "created_at": time.time()}
    return insert_if_new(connection, mcp_calls, row)


def _asked(account_id: str, call_key: str) -> Select[tuple[str | None, float]]:
    return select(mcp_calls.c.run_id, mcp_calls.c.created_at).where(_is(account_id, call_key))


def _is(account_id: str, call_key: str) -> ColumnElement[bool]:
    return and_(mcp_calls.c.account_id == account_id, mcp_calls.c.call_key == call_key)
