"""Full text search: what is typed finds what was written, on both databases alike."""

import pytest

from api.parts import ReasoningPart, TextPart
from api.store import Store
from api.store.records import NewMessage
from api.store.search import MAX_INDEX_CHARS, MAX_QUERY_TERMS, index_terms, query_terms
from tests.support.stores import ACCOUNT, OWNER, completed, start_run

TEXT = "Das Café öffnet um 7:30. 我们用数据库存储消息。 データベース foo_bar E=mc² ЖЗЛФЯ 한국어로 ﬁne"


def finds(store: Store, query: str) -> bool:
    return bool(store.threads.list_newest(ACCOUNT, query=query).items)


@pytest.fixture
def written(store: Store) -> Store:
    thread = store.threads.create(ACCOUNT, title="Große Pläne 计划")
    store.threads.create(ACCOUNT, title="other")
    parts = (ReasoningPart("secretly"), TextPart(TEXT))
    store.messages.append(ACCOUNT, thread.thread_id, [NewMessage("user", parts)])
    return store


@pytest.mark.parametrize(
    "query",
    [
        "cafe", "CAFÉ", "caf", "das öffnet", "OFFNET", "7 30", "数", "数据", "数据库", "据库存储",
        "存储 数据库", "データ",
        "ース", "foo", "bar", "foo_bar", "mc2", "жзлфя", "한국", "국어", "fine", "grosse", "PLANE", "计划", "划",
    ],
)  # fmt: skip
def test_words_parts_of_words_and_pieces_of_chinese_are_found(written: Store, query: str) -> None:
    assert finds(written, query)


@pytest.mark.parametrize("query", ["afe", "数库", "库数", "das nothing", "secretly", "计数", "oo", "数据 计划"])
def test_what_was_not_written_is_not_found(written: Store, query: str) -> None:
    assert not finds(written, query)


SIGNS = [
    '"',
    "'",
    "a'b",
    "* OR 1",
    "NEAR(",
    "col:x",
    "{",
    "-",
    "^",
    "\\",
    "%",
    "_",
    "\0",
    "\ud800",
    ":*",
    "a & | !",
    "' ' ",
]
WORDS = ["x " * 5000, "數" * 5000, "NOT", "--", "/*", "$1", "%s", ":match", "?", "\u202e", "🦆", "ﷺ" * 300]


@pytest.mark.parametrize("query", SIGNS + WORDS)
def test_a_hostile_query_is_only_a_query_that_finds_nothing(written: Store, query: str) -> None:
    assert not finds(written, query)


def test_an_empty_query_lists_everything(written: Store) -> None:
    assert len(written.threads.list_newest(ACCOUNT, query="  ").items) == 2


def test_an_answer_is_found_once_it_is_final_and_gone_with_its_thread(store: Store) -> None:
    run = start_run(store, "question")
    assert not finds(store, "answered")
    store.runs.end(OWNER, completed(run.run_id, 2, "answered"))
    assert finds(store, "answered")
    store.threads.delete(ACCOUNT, run.thread_id)
    store.imports.purge(2e9)
    assert not finds(store, "answered")


def test_found_threads_are_paged(store: Store) -> None:
    for number in range(5):
        store.threads.create(ACCOUNT, title=f"same {number}")
    page = store.threads.list_newest(ACCOUNT, query="same", limit=3)
    rest = store.threads.list_newest(ACCOUNT, query="same", limit=3, cursor=page.next_cursor)
    assert [thread.title[-1] for thread in (*page.items, *rest.items)] == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "long", ["".join(map(chr, range(0x4E00, 0x9FFF))) * 10, " ".join(map(str, range(10**5))), "x" * 10**6]
)
def test_the_longest_messages_are_stored_and_found_by_their_beginning(store: Store, long: str) -> None:
    thread = store.threads.create(ACCOUNT)
    store.messages.append(ACCOUNT, thread.thread_id, [NewMessage("user", (TextPart(long),))])
    assert finds(store, long[:20])
    assert len(index_terms(long)) < 2 * MAX_INDEX_CHARS


def test_a_query_has_few_terms() -> None:
    assert len(query_terms(" ".join(map(str, range(1000))))) == MAX_QUERY_TERMS
    assert query_terms("數據庫 GPT4模型") == ["數據", "據庫", "gpt4", "模型"]
