"""Messages found by their words."""

import pytest
from sqlalchemy import insert

from api.errors import BadRequest
from api.parts import TextPart
from api.store import Store
from api.store.records import NewMessage
from api.store.schema import accounts
from tests.support.stores import ACCOUNT


def add(store: Store, *texts: str, title: str = "T") -> str:
    thread = store.threads.create(ACCOUNT, title=title)
    store.messages.append(ACCOUNT, thread.thread_id, [NewMessage("user", (TextPart(said),)) for said in texts])
    return thread.thread_id


def found(store: Store, query: str, account_id: str = ACCOUNT) -> list[str]:
    return [each.message.text for each in store.message_search.find(account_id, query).items]


def test_messages_with_all_words_are_found_newest_first(store: Store) -> None:
    add(store, "red wine", "red bread", "old red wines")
    assert found(store, "red wine") == ["old red wines", "red wine"]
    assert found(store, "absent") == []
    assert store.message_search.find(ACCOUNT, "bread").items[0].thread_title == "T"


@pytest.mark.parametrize("query", ["", "   ", '"', "* OR *", "x" * 5000, "'; DROP TABLE messages; --", "\0"])
def test_strange_queries_find_nothing_and_break_nothing(store: Store, query: str) -> None:
    add(store, "red wine")
    assert found(store, query) == []


def test_pages_follow_each_other_without_a_gap(store: Store) -> None:
    add(store, *(f"wine {number}" for number in range(7)))
    said, cursor = [], None
    for _ in range(4):
        page = store.message_search.find(ACCOUNT, "wine", cursor=cursor, limit=2)
        said += [each.message.text for each in page.items]
        cursor = page.next_cursor
    assert (said, cursor) == ([f"wine {number}" for number in range(6, -1, -1)], None)
    with pytest.raises(BadRequest):
        store.message_search.find(ACCOUNT, "wine", cursor="junk")


def test_long_messages_make_short_pages(store: Store) -> None:
    add(store, *("wine " + "x" * 600_000 for _ in range(4)))
    page = store.message_search.find(ACCOUNT, "wine", limit=4)
    assert (len(page.items), page.next_cursor is not None) == (2, True)


def test_deleted_threads_and_other_accounts_are_not_searched(store: Store) -> None:
    thread_id = add(store, "red wine")
    with store.engine.begin() as connection:
        connection.execute(insert(accounts).values(id="other", created_at=0.0))
    assert found(store, "wine", "other") == []
    store.threads.delete(ACCOUNT, thread_id)
    assert found(store, "wine") == []
