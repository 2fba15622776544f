"""The engine of each database."""

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import CacheStats

from api.errors import StoreUnavailable
from api.events import MessageDelta
from api.store import Store, open_store
from api.store.engine import make_engine
from api.store.migration import migrate
from tests.support.postgres import PostgresCluster, run_cluster
from tests.support.stores import ACCOUNT, OWNER, append, completed, logged, path, start_run


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_only_the_scheme_of_a_postgres_address_is_rewritten(scheme: str) -> None:
    url = make_engine(f"{scheme}://me:p%40ss%2F@db.example:6543/chat?sslmode=require").url
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://me:p%40ss%2F@db.example:6543/chat?sslmode=require"
    )


@pytest.mark.parametrize("url", ["mysql://x/y", "decant.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "://"])
def test_another_address_is_refused_with_what_is_understood(url: str) -> None:
    with pytest.raises(ValueError, match="it has to begin with postgres://"):
        make_engine(url)


def test_an_engine_connects_to_nothing_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = make_engine("sqlite:///decant.db")
    make_engine("postgres://nobody@127.0.0.1:1/nothing")
    assert list(tmp_path.iterdir()) == []
    migrate(engine)
    engine.dispose()
    assert (tmp_path / "decant.db").exists()


def test_sqlite_checks_foreign_keys_and_writes_ahead(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/decant.db")
    migrate(engine)
    with engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        ]
    engine.dispose()
    assert pragmas == ["wal", 1, 1]


def test_no_statement_of_a_run_is_compiled_twice(store: Store) -> None:
    """Compiling costs several times what running does."""

    def live() -> None:
        run = start_run(store)
        path(store, run.thread_id)
        append(store, logged(run.run_id, 2, MessageDelta("a")))
        store.runs.heartbeat(OWNER, [run.run_id])
        store.runs.cancel_requested([run.run_id])
        store.runs.end(OWNER, completed(run.run_id, 3, "b"))

    live()
    compiled = []

    def note(
        _c: object, _cursor: object, statement: str, _p: object, context: DefaultExecutionContext, _m: bool
    ) -> None:
        if context.compiled is not None and context.cache_hit is not CacheStats.CACHE_HIT:
            compiled.append(statement)

    event.listen(store.engine, "after_cursor_execute", note)
    live()
    assert compiled == []


def test_idle_sqlite_connections_are_kept_up_to_the_size(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/decant.db", pool_size=2)
    connections = [engine.connect() for _ in range(4)]
    for connection in connections:
        connection.close()
    assert engine.pool.status() == "2 idle connections"
    engine.dispose()
    assert engine.pool.status() == "0 idle connections"


def test_a_locked_sqlite_file_is_an_error_that_says_try_again(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/decant.db", busy_seconds=0.05)
    migrate(engine)
    store = open_store(engine)
    holder = sqlite3.connect(tmp_path / "decant.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        store.threads.create(ACCOUNT)
    assert store.threads.list_newest(ACCOUNT).items == ()
    holder.close()
    store.threads.create(ACCOUNT)
    engine.dispose()


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    """A server that a test may stop; it runs again when the test has ended."""
    with run_cluster() as cluster:
        yield cluster


def test_a_store_heals_when_postgres_comes_back(cluster: PostgresCluster) -> None:
    engine = make_engine(cluster.url, pool_size=4)
    migrate(engine)
    store = open_store(engine)
    with engine.connect(), engine.connect():
        pass  # Two connections are idle in the pool now.
    cluster.stop()
    with pytest.raises(StoreUnavailable):
        store.threads.create(ACCOUNT)
    cluster.start()
    store.threads.create(ACCOUNT, title="healed")
    store.threads.create(ACCOUNT)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM threads")).scalar() == 2
    engine.dispose()


@pytest.mark.parametrize("idle_seconds", [0.0, float("inf")])
def test_a_postgres_connection_that_broke_while_it_was_idle_is_replaced(
    cluster: PostgresCluster, idle_seconds: float
) -> None:
    engine = make_engine(cluster.url, pool_size=4, idle_seconds=idle_seconds)
    migrate(engine)
    cluster.stop()
    cluster.start()
    with nullcontext() if idle_seconds == 0 else pytest.raises(StoreUnavailable):
        open_store(engine).threads.create(ACCOUNT)
    engine.dispose()
