"""Messages of a thread: a tree, in which every leaf ends one way the conversation went."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Row, Select, bindparam, func, insert, literal, select

from api.errors import NotFound
from api.ids import new_id
from api.parts import encode_parts
from api.store.pages import PAGE_CHARS, Page, decode_cursor, encode_cursor
from api.store.records import NewMessage, StoredMessage
from api.store.schema import messages, threads
from api.store.search import index_terms
from api.store.threads import get_thread, touch
from api.store.transactions import Database, beside

COLUMNS = (
    messages.c.id.label("message_id"),
    messages.c.parts.label("encoded_parts"),
    *(messages.c[name] for name in ("number", "thread_id", "parent_id", "role", "status", "run_id", "created_at")),
)


def _path_to(leaf: ColumnElement[bool]) -> Select[Any]:
    steps = (
        select(messages.c.number, messages.c.parent_id, literal(1, Integer).label("depth"))
        .join(threads, threads.c.id == messages.c.thread_id)
        .where(
            leaf,
            messages.c.thread_id == bindparam("thread_id"),
            messages.c.account_id == bindparam("account_id"),
            threads.c.deleted_at.is_(None),
        )
        .cte("steps", recursive=True)
    )
    steps = steps.union_all(
        select(messages.c.number, messages.c.parent_id, steps.c.depth + 1)
        .join(steps, messages.c.id == steps.c.parent_id)
        .where(steps.c.depth < bindparam("limit", type_=Integer))
    )
    return select(*COLUMNS).join(steps, messages.c.number == steps.c.number).order_by(steps.c.depth.desc())


newest_number = select(func.max(messages.c.number)).where(messages.c.thread_id == bindparam("thread_id"))
PATH_TO_LEAF = _path_to(messages.c.id == bindparam("leaf_id"))
PATH_TO_NEWEST = _path_to(messages.c.number == newest_number.scalar_subquery())
INSERT = insert(messages)
MOST_IN_PATH = 1000
LONG_CHARS = 10_000  # The terms of a longer text take a while.


class Messages:
    """The messages of accounts' threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, account_id: str, thread_id: str, added: Sequence[NewMessage]) -> None:
        """Add messages in one transaction; a parent comes before its children.

        Raises:
            NotFound: The account has no such thread, or the thread no such parent.
        """
        self._database.write(_append, account_id, thread_id, added)

    def list_oldest(
        self, account_id: str, thread_id: str, *, cursor: str | None = None, limit: int = 200
    ) -> Page[StoredMessage]:
        """Return a page of a thread's whole tree, in the order of adding: parents come before their children.

        Of long messages a page has fewer than `limit`.

        Raises:
            NotFound: The account has no such thread.
            BadRequest: The cursor is not one that a page gave.
        """
        return self._database.read(_list_oldest, account_id, thread_id, cursor, limit)


def newest_id(connection: Connection, thread_id: str) -> str | None:
    """Return the thread's newest message, which is always a leaf."""
    newest = select(messages.c.id).where(messages.c.thread_id == thread_id).order_by(messages.c.number.desc())
    found: str | None = connection.execute(newest.limit(1)).scalar_one_or_none()
    return found


def check_parent(connection: Connection, thread_id: str, parent_id: str) -> None:
    """Refuse a parent that is not of the thread."""
    found = select(messages.c.number).where(messages.c.id == parent_id, messages.c.thread_id == thread_id)
    if connection.execute(found).first() is None:
        raise NotFound("There is no such message in this thread.")


def insert_messages(connection: Connection, account_id: str, thread_id: str, added: Iterable[NewMessage]) -> None:
    """Add messages to a thread that the transaction has locked, parents before their children."""
    make = row_of(account_id, thread_id)
    rows = [
        beside(connection, make, message) if len(message.search_text) > LONG_CHARS else make(message)
        for message in added
    ]
    if rows:
        connection.execute(INSERT, rows)


def row_of(account_id: str, thread_id: str) -> Callable[[NewMessage], dict[str, Any]]:
    """Return what makes the columns of new messages of a thread."""
    now = time.time()

    def row(message: NewMessage) -> dict[str, Any]:
        return {
            "id": message.message_id or new_id(),
            "account_id": account_id,
            "thread_id": thread_id,
            "parent_id": message.parent_id,
            "role": message.role,
            "parts": encode_parts(message.parts),
            "status": message.status,
            "run_id": message.run_id,
            "created_at": message.created_at or now,
            "search": index_terms(message.search_text),
        }

    return row


def get_path(
    connection: Connection, account_id: str, thread_id: str, leaf_id: str | None, limit: int = MOST_IN_PATH
) -> tuple[StoredMessage, ...]:
    """Return the messages from the root of a thread to a leaf, None being the newest; of a long way the last ones."""
    asked = {"account_id": account_id, "thread_id": thread_id, "leaf_id": leaf_id, "limit": limit}
    found = tuple(map(to_message, connection.execute(PATH_TO_LEAF if leaf_id else PATH_TO_NEWEST, asked)))
    if not found and leaf_id is not None:
        check_parent(connection, thread_id, leaf_id)
    return found


def _append(connection: Connection, account_id: str, thread_id: str, added: Sequence[NewMessage]) -> None:
    get_thread(connection, account_id, thread_id, for_update=True)
    parents = {message.parent_id for message in added if message.parent_id is not None}
    for parent_id in parents - {message.message_id for message in added}:
        check_parent(connection, thread_id, parent_id)
    insert_messages(connection, account_id, thread_id, added)
    touch(connection, thread_id)


def _list_oldest(
    connection: Connection, account_id: str, thread_id: str, cursor: str | None, limit: int
) -> Page[StoredMessage]:
    get_thread(connection, account_id, thread_id)
    asked = select(messages.c.number, func.length(messages.c.parts).label("size"))
    asked = asked.where(messages.c.thread_id == thread_id, messages.c.account_id == account_id)
    if cursor:
        asked = asked.where(messages.c.number > int(decode_cursor(cursor)[0]))
    sized = asked.order_by(messages.c.number).limit(limit + 1).subquery()
    before = func.sum(sized.c.size).over(order_by=sized.c.number) - sized.c.size
    placed = select(sized.c.number, before.label("before"), func.count().over().label("left")).subquery()
    page = select(*COLUMNS, placed.c.left).join(placed, placed.c.number == messages.c.number)
    rows = connection.execute(page.where(placed.c.before < PAGE_CHARS).order_by(messages.c.number).limit(limit)).all()
    found = tuple(map(to_message, rows))
    has_more = bool(rows) and rows[0].left > len(found)
    return Page(found, encode_cursor(found[-1].number, found[-1].message_id) if has_more else None)


def to_message(row: Row[*tuple[Any, ...]]) -> StoredMessage:
    """Turn a row that has `COLUMNS` into its value."""
    return StoredMessage(*(getattr(row, name) for name in StoredMessage.__slots__))
