"""Importing a thread: in short transactions, so that others can write, and seen by nobody until it is whole.

Until then, and from the moment it is purged, a thread is `ABSENT`: it cannot be read, listed, found or restored. What a
process that died has left absent is swept away.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from api.errors import StoreUnavailable
from api.hub import in_turns, off_hub
from api.store.messages import INSERT, LONG_CHARS, row_of
from api.store.records import NewMessage, Thread
from api.store.schema import Now, messages, threads
from api.store.threads import new_thread, thread_values
from api.store.transactions import Database

ABSENT = 0.0  # As `deleted_at`; other threads were deleted later.
MESSAGES_AT_ONCE = 100
BYTES_AT_ONCE = 256_000
THREADS_AT_ONCE = 20
LEAST_PAUSE_SECONDS = 0.002

Rows = list[dict[str, Any]]

is_absent: ColumnElement[bool] = threads.c.deleted_at == ABSENT


class Imports:
    """Threads that come or go with all they have."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, account_id: str, added: Iterable[NewMessage], *, title: str = "", model: str = "", system_prompt: str = ""
    ) -> Thread:
        """Make a thread with its messages, of which a parent comes before its children.

        Raises:
            StoreUnavailable: The database does not answer; nothing is kept.
        """
        thread = new_thread(account_id, title, model, system_prompt)
        self._database.write(_insert_absent, thread)
        try:
            for rows in _batches(in_turns(_rows(account_id, thread.thread_id, added))):
                began_at = time.monotonic()
                self._database.write(_insert_some, thread.thread_id, rows)
                # As long as this has taken, others may write: who waits for SQLite asks now and then.
                time.sleep(max(LEAST_PAUSE_SECONDS, time.monotonic() - began_at))
            self._database.write(_publish, thread.thread_id)
        except BaseException:
            with suppress(StoreUnavailable):  # It is swept later.
                self._drop(thread.thread_id)
            raise
        return thread

    def sweep(self, older_than_seconds: float) -> bool:
        """Delete some of what has been absent for so long; say whether there may be more."""
        thread_id = self._database.read(_forgotten, older_than_seconds)
        if thread_id is not None and not self._database.write(_delete_some, thread_id):
            self._database.write(_delete_absent, thread_id)
        return thread_id is not None

    def purge(self, before: float) -> int:
        """Delete for good the threads deleted before `before`, with all they have, and return how many."""
        total = 0
        while thread_ids := self._database.write(_take_away_some, before):
            total += sum(map(self._drop, thread_ids))
        return total

    def _drop(self, thread_id: str) -> int:
        while self._database.write(_delete_some, thread_id):
            time.sleep(LEAST_PAUSE_SECONDS)
        return self._database.write(_delete_absent, thread_id)


def _rows(account_id: str, thread_id: str, added: Iterable[NewMessage]) -> Iterator[dict[str, Any]]:
    make = row_of(account_id, thread_id)
    for message in added:
        is_long = len(message.search_text) > LONG_CHARS
        yield off_hub(make, message) if is_long else make(message)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[Rows]:
    batch: Rows = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row["parts"])
        if len(batch) >= MESSAGES_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _insert_absent(connection: Connection, thread: Thread) -> None:
    connection.execute(insert(threads).values(deleted_at=ABSENT, **thread_values(thread)))


def _insert_some(connection: Connection, thread_id: str, rows: Rows) -> None:
    locked = select(threads.c.id).where(threads.c.id == thread_id, is_absent).with_for_update(key_share=True)
    if connection.execute(locked).first() is None:
        raise StoreUnavailable("The import was taken for abandoned. Try again.", retry_after_seconds=2)
    connection.execute(INSERT, rows)


def _publish(connection: Connection, thread_id: str) -> None:
    published = update(threads).where(threads.c.id == thread_id, is_absent).values(deleted_at=None)
    if not connection.execute(published).rowcount:
        raise StoreUnavailable("The import was taken for abandoned. Try again.", retry_after_seconds=2)


def _forgotten(connection: Connection, older_than_seconds: float) -> str | None:
    found = select(threads.c.id).where(is_absent, threads.c.created_at < Now() - older_than_seconds)
    thread_id: str | None = connection.execute(found.limit(1)).scalar_one_or_none()
    return thread_id


def _take_away_some(connection: Connection, before: float) -> list[str]:
    deleted = select(threads.c.id).where(threads.c.deleted_at < before, threads.c.deleted_at != ABSENT)
    locked = deleted.limit(THREADS_AT_ONCE).with_for_update(skip_locked=True)
    thread_ids = list(connection.execute(locked).scalars())
    connection.execute(update(threads).where(threads.c.id.in_(thread_ids)).values(deleted_at=ABSENT))
    return thread_ids


def _delete_some(connection: Connection, thread_id: str) -> int:
    # The newest first: the deletion of a parent would take all its children along.
    of_thread = select(messages.c.number).join(threads, threads.c.id == messages.c.thread_id)
    newest = of_thread.where(messages.c.thread_id == thread_id, is_absent).order_by(messages.c.number.desc())
    numbers = list(connection.execute(newest.limit(MESSAGES_AT_ONCE)).scalars())
    connection.execute(delete(messages).where(messages.c.number.in_(numbers)))
    return len(numbers)


def _delete_absent(connection: Connection, thread_id: str) -> int:
    return connection.execute(delete(threads).where(threads.c.id == thread_id, is_absent)).rowcount
