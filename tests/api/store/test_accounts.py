"""Nothing of one account is seen or changed by another."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert

from api.errors import NotFound
from api.parts import TextPart
from api.store import Store
from api.store.records import NewMessage, NewRun
from api.store.schema import accounts
from tests.support.stores import ACCOUNT, OWNER, start_run

OTHER = "other"

REFUSED: dict[str, Callable[[Store, str, str, str], object]] = {
    "threads.get": lambda store, thread, _m, _r: store.threads.get(OTHER, thread),
    "threads.update": lambda store, thread, _m, _r: store.threads.update(OTHER, thread, title="x"),
    "threads.delete": lambda store, thread, _m, _r: store.threads.delete(OTHER, thread),
    "threads.restore": lambda store, thread, _m, _r: store.threads.restore(OTHER, thread),
    "messages.append": lambda store, thread, _m, _r: store.messages.append(OTHER, thread, [NewMessage("user", ())]),
    "messages.list": lambda store, thread, _m, _r: store.messages.list_oldest(OTHER, thread),
    "runs.context": lambda store, thread, _m, _r: store.runs.context(OTHER, thread),
    "runs.context of a leaf": lambda store, thread, message, _r: store.runs.context(OTHER, thread, message),
    "runs.create": lambda store, thread, _m, _r: store.runs.create(OTHER, NewRun(thread, "m", (TextPart("x"),)), OWNER),
    "runs.get": lambda store, _t, _m, run: store.runs.get(OTHER, run),
    "runs.cancel": lambda store, _t, _m, run: store.runs.request_cancel(OTHER, run),
    "events.replay": lambda store, _t, _m, run: store.run_events.replay_after(OTHER, run, 0),
}


@pytest.fixture
def two_accounts(engine: Engine, store: Store) -> Store:
    with engine.begin() as connection:
        connection.execute(insert(accounts).values(id=OTHER, created_at=1.0))
    return store


@pytest.mark.parametrize("name", REFUSED)
def test_what_another_account_owns_is_not_there(two_accounts: Store, name: str) -> None:
    run = start_run(two_accounts)
    with pytest.raises(NotFound):
        REFUSED[name](two_accounts, run.thread_id, run.message_id, run.run_id)
    assert two_accounts.runs.get(ACCOUNT, run.run_id) == run
    assert two_accounts.threads.get(ACCOUNT, run.thread_id).title == ""


def test_lists_and_searches_hold_the_own_only(two_accounts: Store) -> None:
    run = start_run(two_accounts, "findable")
    assert two_accounts.threads.list_newest(OTHER).items == ()
    assert two_accounts.threads.list_newest(OTHER, query="findable").items == ()
    assert two_accounts.runs.list_by_id(OTHER, [run.run_id]) == ()


def test_a_key_belongs_to_an_account(two_accounts: Store) -> None:
    mine = start_run(two_accounts, key="k")
    thread = two_accounts.threads.create(OTHER)
    theirs = two_accounts.runs.create(OTHER, NewRun(thread.thread_id, "m", idempotency_key="k"), OWNER)
    assert theirs.started
    assert theirs.run.run_id != mine.run_id
