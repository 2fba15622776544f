"""The engine: SQLite by default, Postgres by its URL. Nothing is connected before it is needed."""

import sqlite3
import time
from pathlib import Path

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from api.store.free_list_pool import FreeListPool

BUSY_SECONDS = 15.0
CONNECT_SECONDS = 10
IDLE_SECONDS = 1.0
# In pages, 16 MB: the pages that runs write to again and again are copied to the file less often.
CHECKPOINT = "wal_autocheckpoint = 4000"
PRAGMAS = ("foreign_keys = ON", "synchronous = NORMAL", "temp_store = MEMORY", "cache_size = -8000", CHECKPOINT)
READER = "reader"


def make_engine(
    database_url: str, pool_size: int = 8, *, busy_seconds: float = BUSY_SECONDS, idle_seconds: float = IDLE_SECONDS
) -> Engine:
    """Make the engine for a `DATABASE_URL`; a relative SQLite file is one of the working directory.

    A call waits `busy_seconds` for a lock of SQLite or a connection to Postgres; one that was idle for longer than
    `idle_seconds` is asked whether it lives.

    Raises:
        ValueError: The URL is neither Postgres nor SQLite; the text says what is understood.
    """
    url = _url(database_url)
    if url.get_backend_name() == "sqlite":
        return _make_sqlite(url, pool_size, busy_seconds)
    return _make_postgres(url, pool_size, busy_seconds, idle_seconds)


def is_sqlite(engine: Engine | Connection) -> bool:
    """Say whether the database is SQLite."""
    return engine.dialect.name == "sqlite"


def _url(database_url: str) -> URL:
    scheme, separator, rest = database_url.partition("://")
    if separator and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return make_url(f"postgresql+psycopg://{rest}")
    if separator and scheme == "sqlite" and rest.removeprefix("/").partition("?")[0] not in ("", ":memory:"):
        return make_url(database_url)
    raise ValueError("it has to begin with postgres://, postgresql:// or sqlite:///, as sqlite:///decant.db")


def _make_postgres(url: URL, pool_size: int, busy_seconds: float, idle_seconds: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_use_lifo=True,
        pool_timeout=busy_seconds,
        hide_parameters=True,  # What people write is in no traceback.
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "decant"},
    )

    # A ping before every transaction, as `pool_pre_ping` makes it, is a round trip too many for a connection in use.
    def note(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["used_at"] = time.monotonic()

    def ping(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - entry.info.get("used_at", float("inf")) > idle_seconds:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise InvalidatePoolError from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ping)
    return engine


def _make_sqlite(url: URL, pool_size: int, busy_seconds: float) -> Engine:
    path = Path(url.database or "").absolute()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        try:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine(url, pool=FreeListPool(connect, size=pool_size), hide_parameters=True)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once when another wrote in between: writers lock first.
    reads_only = connection.get_execution_options().get(READER, False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
