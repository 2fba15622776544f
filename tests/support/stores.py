"""Stores for tests, the same tests over both databases: import the fixtures in a `conftest.py`."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.events import Event, MessageDelta, RunCompleted, Usage, to_json
from api.ids import new_id
from api.parts import TextPart
from api.store import LOCAL_ACCOUNT_ID, Store, open_store
from api.store.engine import make_engine
from api.store.migration import migrate
from api.store.records import Ending, NewMessage, NewRun, StoredMessage, StoredRun
from api.store.run_lines import RunEvent, RunLines, pack
from tests.support.postgres import empty_database, fresh_database, server_url

ACCOUNT = LOCAL_ACCOUNT_ID
OWNER = "worker-1"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a server."""
    with server_url() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[str]:
    """The name of a migrated database that is copied for every test."""
    name = f"decant_template_{new_id()[-12:]}"
    with fresh_database(postgres_url, name) as url:
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        yield name


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield f"sqlite:///{tmp_path}/decant.db"
        else:
            server = request.getfixturevalue("postgres_url")
            yield stack.enter_context(fresh_database(server, f"decant_{new_id()[-12:]}"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that is copied for every test."""
    path = tmp_path_factory.mktemp("template") / "decant.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The address of a migrated database on Postgres that is emptied for every test."""
    with fresh_database(postgres_url, f"decant_{new_id()[-12:]}", migrated_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated database without threads."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "decant.db")
        return f"sqlite:///{tmp_path}/decant.db"
    url: str = request.getfixturevalue("postgres_database")
    empty_database(url)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The engine of a migrated database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Store:
    """A store without threads."""
    return open_store(engine)


def start_run(store: Store, question: str = "hello", *, owner: str = OWNER, key: str | None = None) -> StoredRun:
    """Start a run in a thread of its own."""
    thread = store.threads.create(ACCOUNT)
    new = NewRun(thread.thread_id, "scripted", (TextPart(question),), idempotency_key=key)
    return store.runs.create(ACCOUNT, new, owner).run


def claim_stale(store: Store, older_than_seconds: float) -> tuple[str, ...]:
    """End every run whose owner has been silent for so long; return those that ended here."""
    silent = store.runs.find_silent("", older_than_seconds)
    return tuple(last.run_id for last in silent if store.runs.claim(last))


def logged(run_id: str, first_seq: int, *events: Event) -> tuple[RunEvent, ...]:
    """Number events for the log."""
    return tuple(RunEvent(run_id, seq, event.type, to_json(event)) for seq, event in enumerate(events, first_seq))


def completed(run_id: str, seq: int, text: str) -> Ending:
    """Make the ending of an answer whose whole text comes at the end."""
    terminal = RunCompleted("stop")
    usage = Usage(3, 4, estimated=False)
    events = logged(run_id, seq, MessageDelta(text), usage, terminal)
    return Ending(lines_of(events), terminal, (TextPart(text),), usage)


def lines_of(events: Sequence[RunEvent]) -> RunLines:
    """Write events of one run as the log stores them."""
    first = events[0]
    return pack(first.run_id, first.seq - 1, [(event.type, event.data) for event in events])


def append(store: Store, *runs: Sequence[RunEvent], owner: str = OWNER) -> frozenset[str]:
    """Append events of several runs; return the runs that took them."""
    return store.run_events.append(owner, [lines_of(events) for events in runs]).taken


def add(store: Store, thread_id: str, *messages: NewMessage) -> tuple[StoredMessage, ...]:
    """Add messages to a thread; return them as they are stored."""
    store.messages.append(ACCOUNT, thread_id, messages)
    return store.messages.list_oldest(ACCOUNT, thread_id).items[-len(messages) :]


def answer(store: Store, run: StoredRun) -> StoredMessage:
    """Return the message that a run writes."""
    listed = store.messages.list_oldest(ACCOUNT, run.thread_id).items
    return next(message for message in listed if message.message_id == run.message_id)


def path(store: Store, thread_id: str, leaf_id: str | None = None) -> tuple[StoredMessage, ...]:
    """Return the messages of a thread up to a leaf, None being the newest."""
    return store.runs.context(ACCOUNT, thread_id, leaf_id).path


def later(seconds: float = 10) -> float:
    """Return a time that has not come."""
    return time.time() + seconds
