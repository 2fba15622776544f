"""Messages that have the words of a query, newest first."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from api.store.messages import COLUMNS, to_message
from api.store.pages import PAGE_CHARS, Page, decode_cursor, encode_cursor
from api.store.records import StoredMessage
from api.store.schema import messages, threads
from api.store.search import message_has, parse_query
from api.store.transactions import Database


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message, and the title of its thread."""

    message: StoredMessage
    thread_title: str


class MessageSearch:
    """Search in the messages of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, account_id: str, query: str, *, cursor: str | None = None, limit: int = 20) -> Page[FoundMessage]:
        """Return a page of messages that have all words of the query, or words that begin so.

        Of long messages a page has fewer than `limit`; a query without words finds nothing.

        Raises:
            BadRequest: The cursor is not one that a page gave.
        """
        return self._database.read(_find, account_id, query, cursor, limit)


def _find(connection: Connection, account_id: str, query: str, cursor: str | None, limit: int) -> Page[FoundMessage]:
    asked = parse_query(query)
    # The last level finds what those before it do, and more.
    terms = asked.levels[-1] if asked.levels else asked.last_resort
    if not terms:
        return Page((), None)
    found = select(messages.c.number, func.length(messages.c.parts).label("size"))
    found = found.join(threads, threads.c.id == messages.c.thread_id)
    found = found.where(
        messages.c.account_id == account_id, threads.c.deleted_at.is_(None), message_has(connection, terms)
    )
    if cursor:
        found = found.where(messages.c.number < int(decode_cursor(cursor)[0]))
    sized = found.order_by(messages.c.number.desc()).limit(limit + 1).subquery()
    before = func.sum(sized.c.size).over(order_by=sized.c.number.desc()) - sized.c.size
    placed = select(sized.c.number, before.label("before"), func.count().over().label("left")).subquery()
    page = select(*COLUMNS, threads.c.title.label("thread_title"), placed.c.left)
    page = page.join(placed, placed.c.number == messages.c.number).join(threads, threads.c.id == messages.c.thread_id)
    page = page.where(placed.c.before < PAGE_CHARS).order_by(messages.c.number.desc()).limit(limit)
    rows = connection.execute(page).all()
    items = tuple(FoundMessage(to_message(row), row.thread_title) for row in rows)
    has_more = bool(rows) and rows[0].left > len(items)
    last = items[-1].message if items else None
    return Page(items, encode_cursor(last.number, last.message_id) if has_more and last else None)
