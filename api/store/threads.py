"""Threads of an account: newest first, deleted with a way back."""

import time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    select,
    tuple_,
    update,
)

from api.errors import NotFound
from api.ids import new_id
from api.store.pages import PAGE_CHARS, Page, decode_cursor, encode_cursor
from api.store.records import Thread
from api.store.schema import Now, StoredText, is_active, runs, storable, threads
from api.store.search import SearchQuery, index_terms, parse_query, thread_has
from api.store.transactions import Database

COLUMNS = (
    threads.c.id.label("thread_id"),
    *(threads.c[name] for name in Thread.__slots__ if name != "thread_id"),
)
# Statements of a run's start and end are made once: making one costs more than running it.
THREAD = select(*COLUMNS).where(
    threads.c.id == bindparam("thread_id"),
    threads.c.account_id == bindparam("account_id"),
    threads.c.deleted_at.is_(None),
)
LOCKED_THREAD = THREAD.with_for_update(key_share=True)
TOUCH = update(threads).where(threads.c.id == bindparam("thread_id"))
is_untitled = threads.c.title == ""
BEGIN_RUN = (
    update(threads)
    .where(
        threads.c.id == bindparam("thread_id"),
        threads.c.account_id == bindparam("of_account"),
        threads.c.deleted_at.is_(None),
    )
    .values(
        updated_at=bindparam("now"),
        title=case((is_untitled, bindparam("first_title", type_=StoredText())), else_=threads.c.title),
        search=case((is_untitled, bindparam("first_terms", type_=StoredText())), else_=threads.c.search),
    )
)


def page_statement(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Make the statement for the newest threads that fit a page by number and size, with how many are `left`.

    Made once where there are no conditions: a call of `list_threads` at `/mcp` takes 1.1 ms instead of 1.8
    (`python -m tests.bench api mcp-call`).
    """
    size = func.length(threads.c.system_prompt).label("size")
    asked = select(threads.c.id, threads.c.updated_at, size)
    asked = asked.where(threads.c.account_id == bindparam("account_id"), threads.c.deleted_at.is_(None), *conditions)
    newest = (threads.c.updated_at.desc(), threads.c.id.desc())
    sized = asked.order_by(*newest).limit(bindparam("one_more", type_=Integer)).subquery()
    before = func.sum(sized.c.size).over(order_by=(sized.c.updated_at.desc(), sized.c.id.desc())) - sized.c.size
    placed = select(sized.c.id, before.label("before"), func.count().over().label("left")).subquery()
    page = select(*COLUMNS, placed.c.left).join(placed, placed.c.id == threads.c.id)
    page = page.where(placed.c.before < PAGE_CHARS).order_by(*newest)
    return page.limit(bindparam("limit", type_=Integer))


AFTER_PLACE = tuple_(threads.c.updated_at, threads.c.id) < tuple_(
    bindparam("place_at", type_=Double()), bindparam("place_id", type_=StoredText())
)
FIRST_PAGE = page_statement()
NEXT_PAGE = page_statement(AFTER_PLACE)


class Threads:
    """The conversations of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        account_id: str,
        *,
        title: str = "",
        model: str = "",
        system_prompt: str = "",
        tools_off: tuple[str, ...] = (),
    ) -> Thread:
        """Make an empty thread."""
        thread = new_thread(account_id, title, model, system_prompt, tools_off)
        self._database.write(_insert, thread)
        return thread

    def get(self, account_id: str, thread_id: str) -> Thread:
        """Return a thread.

        Raises:
            NotFound: The account has no such thread, or has deleted it.
        """
        return self._database.read(get_thread, account_id, thread_id)

    def list_newest(
        self, account_id: str, *, query: str = "", cursor: str | None = None, limit: int = 50
    ) -> Page[Thread]:
        """Return a page of threads, the last used first; a `query` keeps those whose title or messages have its words.

        Those that have the words as they are written come before those that have longer ones.
        Where system prompts are long a page has fewer than `limit`.

        Raises:
            BadRequest: The cursor is not one that a page gave.
        """
        return self._database.read(_list_newest, account_id, query, cursor, limit)

    def update(
        self,
        account_id: str,
        thread_id: str,
        *,
        title: str | None = None,
        model: str | None = None,
        system_prompt: str | None = None,
        tools_off: tuple[str, ...] | None = None,
    ) -> Thread:
        """Change what is given, and return the thread.

        Raises:
            NotFound: The account has no such thread.
        """
        return self._database.write(_update, account_id, thread_id, _changes(title, model, system_prompt, tools_off))

    def delete(self, account_id: str, thread_id: str) -> None:
        """Hide a thread and ask its run to end; `restore` brings it back until it is purged.

        Raises:
            NotFound: The account has no such thread.
        """
        self._database.write(_delete, account_id, thread_id)

    def restore(self, account_id: str, thread_id: str) -> Thread:
        """Bring a deleted thread back; one that is there stays as it is.

        Raises:
            NotFound: The account has no such thread.
        """
        return self._database.write(_restore, account_id, thread_id)


def get_thread(connection: Connection, account_id: str, thread_id: str, *, for_update: bool = False) -> Thread:
    """Return a thread within a transaction, with `for_update` locked to its end."""
    asked = {"account_id": account_id, "thread_id": thread_id}
    row = connection.execute(LOCKED_THREAD if for_update else THREAD, asked).one_or_none()
    if row is None:
        raise NotFound("There is no such thread.")
    return Thread(**row._mapping)


def touch(connection: Connection, thread_id: str) -> None:
    """Make a thread the newest."""
    connection.execute(TOUCH, {"thread_id": thread_id, "updated_at": time.time()})


def lock_for_run(connection: Connection, account_id: str, thread_id: str, title: str) -> None:
    """Lock a thread to the transaction's end, make it the newest, and give it a title if it has none."""
    given = {"now": time.time(), "first_title": title, "first_terms": index_terms(title)}
    if not connection.execute(BEGIN_RUN, {"of_account": account_id, "thread_id": thread_id, **given}).rowcount:
        raise NotFound("There is no such thread.")


def new_thread(account_id: str, title: str, model: str, system_prompt: str, tools_off: tuple[str, ...] = ()) -> Thread:
    """Return a thread as it will be stored."""
    now = time.time()
    return Thread(new_id(), account_id, storable(title), storable(model), storable(system_prompt), now, now, tools_off)


def thread_values(thread: Thread) -> dict[str, Any]:
    """Return the columns of a new thread."""
    values = {name: getattr(thread, name) for name in Thread.__slots__ if name != "thread_id"}
    return {"id": thread.thread_id, "search": index_terms(thread.title), **values}


def _insert(connection: Connection, thread: Thread) -> None:
    connection.execute(insert(threads).values(thread_values(thread)))


def _list_newest(connection: Connection, account_id: str, query: str, cursor: str | None, limit: int) -> Page[Thread]:
    if query.strip():
        return _find(connection, account_id, parse_query(query), cursor, limit)
    place = decode_cursor(cursor) if cursor else None
    found, has_more = _newest(connection, account_id, place, limit)
    return Page(tuple(found), encode_cursor(found[-1].updated_at, found[-1].thread_id) if has_more else None)


def _find(connection: Connection, account_id: str, asked: SearchQuery, cursor: str | None, limit: int) -> Page[Thread]:
    """Return a page of what a query finds: level by level, each newest first and without what those before it have."""
    levels = [*asked.levels, asked.last_resort] if asked.last_resort else [*asked.levels]
    first, place = _decode_place(cursor) if cursor else (0, None)
    found: list[Thread] = []
    last_level = first
    for level in range(first, len(levels)):
        is_last_resort = level == len(asked.levels)
        if is_last_resort and (found or (cursor and level != first)):
            break
        has = thread_has(connection, account_id, levels[level])
        had = [~thread_has(connection, account_id, levels[before]) for before in range(level) if not is_last_resort]
        # A full page looks for one more, to know whether there is another page.
        fresh, has_more = _newest(connection, account_id, place, max(1, limit - len(found)), has, *had)
        if fresh and len(found) == limit:
            return Page(tuple(found), _encode_place(last_level, found[-1]))
        last_level = level if fresh else last_level
        found += fresh
        if has_more:
            return Page(tuple(found), _encode_place(level, found[-1]))
        place = None
    return Page(tuple(found), None)


def _newest(
    connection: Connection,
    account_id: str,
    place: tuple[float, str] | None,
    limit: int,
    *conditions: ColumnElement[bool],
) -> tuple[list[Thread], bool]:
    """Return the first threads after a place, as many as make a page by number and size, and whether there are more."""
    given: dict[str, Any] = {"account_id": account_id, "limit": limit, "one_more": limit + 1}
    if place:
        given |= {"place_at": place[0], "place_id": place[1]}
    if conditions:
        page = page_statement(*([AFTER_PLACE] if place else []), *conditions)
    else:
        page = NEXT_PAGE if place else FIRST_PAGE
    rows = connection.execute(page, given).all()
    found = [Thread(*row[:-1]) for row in rows]
    return found, bool(rows) and rows[0].left > len(found)


def _encode_place(level: int, last: Thread) -> str:
    return encode_cursor(last.updated_at, f"{last.thread_id}.{level}")


def _decode_place(cursor: str) -> tuple[int, tuple[float, str]]:
    updated_at, place = decode_cursor(cursor)
    thread_id, _, level = place.partition(".")
    return int(level) if level in ("1", "2") else 0, (updated_at, thread_id)


def _changes(
    title: str | None, model: str | None, system_prompt: str | None, tools_off: tuple[str, ...] | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {"title": title, "model": model, "system_prompt": system_prompt, "tools_off": tools_off}
    if title is not None:
        changes["search"] = index_terms(title)
    return {name: value for name, value in changes.items() if value is not None}


def _update(connection: Connection, account_id: str, thread_id: str, changes: dict[str, Any]) -> Thread:
    if changes:
        present = and_(_is(account_id, thread_id), threads.c.deleted_at.is_(None))
        connection.execute(update(threads).where(present).values(changes))
    return get_thread(connection, account_id, thread_id)


def _delete(connection: Connection, account_id: str, thread_id: str) -> None:
    get_thread(connection, account_id, thread_id, for_update=True)
    connection.execute(update(threads).where(_is(account_id, thread_id)).values(deleted_at=Now()))
    active = and_(runs.c.thread_id == thread_id, is_active, runs.c.cancel_requested_at.is_(None))
    connection.execute(update(runs).where(active).values(cancel_requested_at=Now()))


def _restore(connection: Connection, account_id: str, thread_id: str) -> Thread:
    deleted = and_(_is(account_id, thread_id), threads.c.deleted_at > 0)  # One of 0 is not there.
    connection.execute(update(threads).where(deleted).values(deleted_at=None))
    return get_thread(connection, account_id, thread_id)


def _is(account_id: str, thread_id: str) -> ColumnElement[bool]:
    return and_(threads.c.id == thread_id, threads.c.account_id == account_id)
