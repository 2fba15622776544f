"""Calls of MCP clients, found by whoever gets their cancel."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, text, update

from api.store import Store
from api.store.schema import accounts, mcp_calls
from tests.support.stores import ACCOUNT


def test_a_call_is_found_until_it_ends(store: Store) -> None:
    assert store.mcp_calls.begin(ACCOUNT, "key", "run")
    assert store.mcp_calls.cancel(ACCOUNT, "key") == "run"
    store.mcp_calls.end(ACCOUNT, "key", "run")
    assert store.mcp_calls.cancel(ACCOUNT, "key") is None


def test_a_cancel_that_is_faster_than_its_call_is_kept_for_it_once(store: Store) -> None:
    assert store.mcp_calls.cancel(ACCOUNT, "key") is None
    assert store.mcp_calls.cancel(ACCOUNT, "key") is None
    assert not store.mcp_calls.begin(ACCOUNT, "key", "run")
    assert store.mcp_calls.begin(ACCOUNT, "key", "run")


def test_an_old_mark_stops_no_call_and_is_swept(store: Store) -> None:
    for key in ("key", "other"):
        store.mcp_calls.cancel(ACCOUNT, key)
    with store.engine.begin() as connection:
        connection.execute(update(mcp_calls).values(created_at=mcp_calls.c.created_at - 61))
    assert store.mcp_calls.begin(ACCOUNT, "key", "run")
    store.mcp_calls.cancel(ACCOUNT, "third")
    with store.engine.connect() as connection:
        keys = set(connection.execute(text("SELECT call_key FROM mcp_calls")).scalars())
    assert keys == {"key", "third"}


def test_a_number_that_is_given_twice_means_the_newest_call(store: Store) -> None:
    store.mcp_calls.begin(ACCOUNT, "key", "first")
    assert store.mcp_calls.begin(ACCOUNT, "key", "second")
    store.mcp_calls.end(ACCOUNT, "key", "first")
    assert store.mcp_calls.cancel(ACCOUNT, "key") == "second"


def test_another_account_s_call_is_not_found(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(insert(accounts).values(id="other", created_at=0.0))
    store.mcp_calls.begin(ACCOUNT, "key", "run")
    assert store.mcp_calls.cancel("other", "key") is None
    store.mcp_calls.end("other", "key", "run")
    assert store.mcp_calls.cancel(ACCOUNT, "key") == "run"


@pytest.mark.parametrize("number", range(5))
def test_a_call_and_its_cancel_at_once_find_each_other(store: Store, number: int) -> None:
    key = f"key-{number}"
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(store.mcp_calls.begin, ACCOUNT, key, "run")
        cancelled = pool.submit(store.mcp_calls.cancel, ACCOUNT, key)
    # One of the two has seen the other.
    assert (not begun.result()) != (cancelled.result() == "run")
