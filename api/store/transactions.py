"""Every use of the database is one short transaction in one call: `read` or `write`.

Blocking SQLite work leaves gevent's hub here; psycopg waits cooperatively by itself. The database's own errors become
the errors of `api.errors` here, and nowhere else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.errors import StoreUnavailable
from api.hub import native_lock, off_hub
from api.store.engine import BUSY_SECONDS, READER, is_sqlite

P = ParamSpec("P")
T = TypeVar("T")

SENTENCE = "The database does not answer. Try again in a moment."
UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout)


class Database:
    """Runs functions of a connection as transactions."""

    def __init__(self, engine: Engine) -> None:
        self._writer = engine
        # A read of Postgres needs no BEGIN and no COMMIT: two round trips less.
        options: dict[str, Any] = {READER: True} if is_sqlite(engine) else {"isolation_level": "AUTOCOMMIT"}
        # SQLite has one writer at a time and lets the others poll: those of one process wait in line instead.
        self._turn = native_lock() if is_sqlite(engine) else None
        self._reader = engine.execution_options(**options)

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work(connection, …)` returns; it only reads.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        return without_blocking(
            self._reader, _transact, self._reader, lambda connection: work(connection, *args, **kwargs)
        )

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work(connection, …)` returns, all of it committed; an exception leaves nothing.

        Raises:
            StoreUnavailable: The database does not answer; whether it has committed is unknown.
        """
        return without_blocking(self._writer, self._write_in_turn, lambda connection: work(connection, *args, **kwargs))

    def _write_in_turn(self, work: Callable[[Connection], T]) -> T:
        if self._turn is None:
            return _transact(self._writer, work)
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise StoreUnavailable(SENTENCE, retry_after_seconds=2)
        try:
            return _transact(self._writer, work)
        finally:
            self._turn.release()


def without_blocking(engine: Engine, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `call(…)`: psycopg waits cooperatively by itself, SQLite's native calls leave gevent's hub."""
    return off_hub(call, *args, **kwargs) if is_sqlite(engine) else call(*args, **kwargs)


def beside(connection: Connection, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `call(…)`, a long calculation within a transaction, made where it does not hold gevent's hub."""
    return call(*args, **kwargs) if is_sqlite(connection) else off_hub(call, *args, **kwargs)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of an absent, locked or restarting database into `StoreUnavailable`."""
    try:
        yield
    except UNAVAILABLE as error:
        raise StoreUnavailable(SENTENCE, retry_after_seconds=2) from error


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    with translated(), engine.begin() as connection:
        return work(connection)
