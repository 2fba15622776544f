"""The migrations, from empty and from oldest."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from api.environment import ConfigError
from api.errors import Conflict, StoreUnavailable
from api.parts import TextPart
from api.store import Store, open_store
from api.store.engine import is_sqlite, make_engine
from api.store.migration import MIGRATIONS, NEWER, OLDER, migrate, prepare, problem_of
from api.store.records import NewMessage, NewRun
from api.store.schema import metadata
from tests.support.stores import ACCOUNT, add, claim_stale, path

OLD_RUN = (
    "INSERT INTO runs (id, account_id, thread_id, message_id, model, status, seq, owner, heartbeat_at, created_at)"
    " VALUES ('r1', 'local', :thread_id, :message_id, 'm', 'running', 3, 'w', 0, 0)"
)
FAILED_RUN = (
    "INSERT INTO runs (id, account_id, thread_id, message_id, model, status, seq, owner, heartbeat_at, created_at,"
    " error_code, error_message) VALUES"
    " (:code, 'local', :thread_id, :message_id, 'm', 'failed', 3, 'w', 0, 0, :code, '')"
)
OLD_EVENTS = "INSERT INTO run_events (run_id, seq, lines) VALUES ('r1', :seq, :lines)"
OLD_ROWS = {
    1: b'run.started {"run_id":"r1","thread_id":"t","message_id":"m","model":"m"}\n',
    3: b'message.delta {"text":"old "}\nmessage.delta {"text":"text"}\n',
}
SEARCH = ("message_search", "messages_search")


def is_ours(_object: object, name: str | None, *_rest: object) -> bool:
    return name is None or not name.startswith(SEARCH)


def test_an_empty_database_becomes_the_schema_that_queries_see(empty_url: str) -> None:
    engine = make_engine(empty_url)
    assert problem_of(engine) == OLDER
    migrate(engine)
    assert problem_of(engine) is None
    with engine.connect() as connection:
        options = {"include_object": is_ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


@contextmanager
def today_s_columns(engine: Engine) -> Iterator[None]:
    """Let today's code write to a database of old: what that lacks of its tables is there meanwhile."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE threads ADD COLUMN tools_off TEXT NOT NULL DEFAULT '[]'"))
    yield
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE threads DROP COLUMN tools_off"))


def test_the_oldest_database_keeps_what_it_holds(empty_url: str) -> None:
    engine = make_engine(empty_url)
    migrate(engine, "0001")
    store = open_store(engine)
    with today_s_columns(engine):
        thread = store.threads.create(ACCOUNT, title="old")
        store.messages.append(ACCOUNT, thread.thread_id, [NewMessage("user", (TextPart("words"),))])
        (answer,) = add(store, thread.thread_id, NewMessage("assistant", (), status="running"))
    with engine.begin() as connection:
        row = {"thread_id": thread.thread_id, "message_id": answer.message_id}
        connection.execute(text(OLD_RUN), row)
        connection.execute(text(FAILED_RUN), [{**row, "code": code} for code in ("upstream_error", "content_filter")])
        connection.execute(text(OLD_EVENTS), [{"seq": seq, "lines": lines} for seq, lines in OLD_ROWS.items()])
    migrate(engine)
    (found,) = store.threads.list_newest(ACCOUNT, query="words").items
    assert (found.thread_id, found.title) == (thread.thread_id, "old")
    replay = store.run_events.replay_after(ACCOUNT, "r1", 0)
    assert ([event.seq for event in replay.events], replay.run.seq, replay.run.status) == ([1, 2, 3], 3, "running")
    failed = store.runs.list_by_id(ACCOUNT, ["upstream_error", "content_filter"])
    assert {run.error_code: run.error_is_retryable for run in failed} == {
        "upstream_error": True,
        "content_filter": False,
    }
    assert claim_stale(store, 30) == ("r1",)
    assert path(store, thread.thread_id)[-1].text == "old text"
    store.runs.create(ACCOUNT, NewRun(thread.thread_id, "m"), "w")
    with pytest.raises(Conflict):
        store.runs.create(ACCOUNT, NewRun(thread.thread_id, "m"), "w")
    engine.dispose()


def test_a_second_time_changes_nothing(store: Store) -> None:
    store.threads.create(ACCOUNT)
    migrate(store.engine)
    assert len(store.threads.list_newest(ACCOUNT).items) == 1


def test_a_migration_that_fails_leaves_nothing(empty_url: str, tmp_path: Path) -> None:
    broken = tmp_path / "migrations"
    broken.mkdir()
    for script in MIGRATIONS.glob("*.py"):
        text = script.read_text(encoding="utf-8")
        (broken / script.name).write_text(f"{text}\n    raise RuntimeError\n", encoding="utf-8")
    engine = make_engine(empty_url)
    with pytest.raises(RuntimeError):
        migrate(engine, folder=broken)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_an_absent_database_is_an_error_that_says_try_again() -> None:
    with pytest.raises(StoreUnavailable):
        migrate(make_engine("postgres://nobody@127.0.0.1:1/nothing"))


def test_the_numbers_of_the_migrations_are_in_a_row(engine: Engine) -> None:
    numbers = sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_a_newer_schema_is_left_alone_and_named(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert problem_of(engine) == NEWER
    with pytest.raises(ConfigError, match="newer schema"):
        migrate(engine)


def test_a_database_that_cannot_be_written_is_named(engine: Engine, tmp_path: Path) -> None:
    if is_sqlite(engine):
        engine.dispose()
        content = bytearray((tmp_path / "decant.db").read_bytes())
        content[18] = 3  # A format that older libraries can only read, says the file (SQLite, section 1.3.3).
        (tmp_path / "decant.db").write_bytes(content)
    else:
        with engine.connect() as connection:
            name = connection.execute(text("SELECT current_database()")).scalar_one()
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
            connection.commit()
        engine.dispose()
    problem = problem_of(engine)
    if not is_sqlite(engine):
        with engine.connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.commit()
            connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
            connection.commit()
    assert problem is not None
    assert "can be read but not written" in problem


@pytest.mark.parametrize("kind", ["folder", "no folder", "text", "another program's"])
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ("absent/decant.db" if kind == "no folder" else "decant.db")
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("not a database, and longer than a header of one would be " * 20)
    elif kind == "another program's":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE threads (id TEXT)")
    engine = make_engine(f"sqlite:///{path}")
    with pytest.raises(ConfigError, match="which cannot be used: "):
        prepare(engine)
    engine.dispose()


OLD_TERMS = {
    "We write C++ here": "we write c here",
    "किताब पढ़ो": "क त ब पढ",
    "plain words": "plain words",
}


def test_what_was_stored_before_is_found_by_the_words_of_today(empty_url: str) -> None:
    engine = make_engine(empty_url)
    migrate(engine, "0003")
    store = open_store(engine)
    made = {}
    for said, terms in [*OLD_TERMS.items()] * 2:
        with today_s_columns(engine):
            made[said] = store.threads.create(ACCOUNT, title="" if said in made else said).thread_id
            store.messages.append(ACCOUNT, made[said], [NewMessage("user", (TextPart(said),))])
        with engine.begin() as connection:
            row = {"thread_id": made[said], "terms": terms}
            connection.execute(text("UPDATE messages SET search = :terms WHERE thread_id = :thread_id"), row)
            connection.execute(text("UPDATE threads SET search = :terms WHERE id = :thread_id AND title <> ''"), row)
    with today_s_columns(engine):
        many = store.threads.create(ACCOUNT, title="many")
        store.messages.append(ACCOUNT, many.thread_id, [NewMessage("user", (TextPart("more"),)) for _ in range(1100)])
    with engine.begin() as connection:
        connection.execute(text("UPDATE messages SET search = 'old' WHERE search = 'more'"))
    migrate(engine)
    for query, said in (("C++", "We write C++ here"), ("किताब", "किताब पढ़ो"), ("plain", "plain words")):
        found = [thread.thread_id for thread in store.threads.list_newest(ACCOUNT, query=query).items]
        assert len(found) == 2, query
        assert made[said] in found
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM messages WHERE search = 'more'")).scalar_one() == 1100
    assert [thread.title for thread in store.threads.list_newest(ACCOUNT, query="more").items] == ["many"]
    assert store.threads.list_newest(ACCOUNT, query="old").items == ()
    engine.dispose()
