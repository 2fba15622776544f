"""Messages of a thread: a tree."""

from itertools import pairwise

import pytest

from api.errors import BadRequest, NotFound
from api.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from api.store import Store
from api.store.messages import get_path
from api.store.records import NewMessage, StoredMessage
from tests.support.stores import ACCOUNT, add, path


@pytest.fixture
def thread_id(store: Store) -> str:
    return store.threads.create(ACCOUNT).thread_id


def say(store: Store, thread_id: str, text: str, parent_id: str | None = None) -> StoredMessage:
    (message,) = add(store, thread_id, NewMessage("user", (TextPart(text),), parent_id))
    return message


def test_parts_come_back_as_they_were_given(store: Store, thread_id: str) -> None:
    parts = (
        ReasoningPart("hm\0"),
        TextPart('数据\n"<b>\u2028'),
        ToolCallPart("c", "search", '{"q": 1}'),
        ToolResultPart("c", [{"type": "text", "text": "found"}], is_error=False),
    )
    (message,) = add(store, thread_id, NewMessage("assistant", parts))
    assert path(store, thread_id) == (message,)
    assert message.parts == parts
    assert message.text == '数据\n"<b>\u2028'


def test_a_path_leads_from_the_root_to_a_leaf(store: Store, thread_id: str) -> None:
    root = say(store, thread_id, "root")
    old = say(store, thread_id, "old", root.message_id)
    new = say(store, thread_id, "new", root.message_id)
    leaf = say(store, thread_id, "leaf", new.message_id)
    assert path(store, thread_id) == (root, new, leaf)
    assert path(store, thread_id, old.message_id) == (root, old)


def test_of_a_long_path_the_last_messages_are_returned(store: Store, thread_id: str) -> None:
    said = [say(store, thread_id, "root")]
    for text in ("one", "two", "leaf"):
        said.append(say(store, thread_id, text, said[-1].message_id))
    with store.engine.connect() as connection:
        assert get_path(connection, ACCOUNT, thread_id, None, limit=2) == tuple(said[-2:])


def test_the_path_of_an_empty_thread_is_empty(store: Store, thread_id: str) -> None:
    assert path(store, thread_id) == ()


def test_a_whole_thread_is_paged_in_the_order_of_adding(store: Store, thread_id: str) -> None:
    said = [say(store, thread_id, str(number)) for number in range(5)]
    first = store.messages.list_oldest(ACCOUNT, thread_id, limit=3)
    rest = store.messages.list_oldest(ACCOUNT, thread_id, limit=3, cursor=first.next_cursor)
    assert [*first.items, *rest.items] == said
    assert rest.next_cursor is None


def test_a_cursor_that_no_page_gave_is_refused(store: Store, thread_id: str) -> None:
    with pytest.raises(BadRequest):
        store.messages.list_oldest(ACCOUNT, thread_id, cursor="nan_x")


def test_a_tree_is_added_all_or_nothing(store: Store, thread_id: str) -> None:
    chain = [NewMessage("user", (TextPart(str(n)),), f"m{n - 1}" if n else None, f"m{n}", 5.0) for n in range(4)]
    stored = add(store, thread_id, *chain)
    assert all(child.parent_id == parent.message_id for parent, child in pairwise(stored))
    with pytest.raises(NotFound):
        store.messages.append(ACCOUNT, thread_id, [NewMessage("user", ()), NewMessage("user", (), "absent")])
    assert store.messages.list_oldest(ACCOUNT, thread_id).items == stored


def test_a_parent_of_another_thread_is_refused(store: Store, thread_id: str) -> None:
    elsewhere = say(store, store.threads.create(ACCOUNT).thread_id, "elsewhere")
    with pytest.raises(NotFound):
        say(store, thread_id, "here", elsewhere.message_id)
    with pytest.raises(NotFound):
        path(store, thread_id, elsewhere.message_id)
