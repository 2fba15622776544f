"""The migrations, from empty and from oldest."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from api.errors import Conflict, StoreUnavailable
from api.parts import TextPart
from api.store import Store, open_store
from api.store.engine import make_engine
from api.store.migration import MIGRATIONS, is_current, migrate
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
    assert not is_current(engine)
    migrate(engine)
    assert is_current(engine)
    with engine.connect() as connection:
        options = {"include_object": is_ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def test_the_oldest_database_keeps_what_it_holds(empty_url: str) -> None:
    engine = make_engine(empty_url)
    migrate(engine, "0001")
    store = open_store(engine)
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
