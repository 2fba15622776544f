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


def titles(store: Store, query: str, limit: int = 50) -> list[str]:
    """Return the titles of all that is found, page after page."""
    page = store.threads.list_newest(ACCOUNT, query=query, limit=limit)
    found = [thread.title for thread in page.items]
    while page.next_cursor:
        page = store.threads.list_newest(ACCOUNT, query=query, limit=limit, cursor=page.next_cursor)
        found += [thread.title for thread in page.items]
    return found


def write(store: Store, *said: str) -> None:
    """Make a thread for each text, which is its title, and half of the times also its only message."""
    for number, text in enumerate(said):
        if number % 2:
            store.threads.create(ACCOUNT, title=text)
        else:
            thread = store.threads.create(ACCOUNT)
            store.messages.append(ACCOUNT, thread.thread_id, [NewMessage("user", (TextPart(text),))])
            store.threads.update(ACCOUNT, thread.thread_id, title=text)


NAMES = (
    "C++", "C#", "R", ".NET", "F#", "a*", "node.js", "--force", "$PATH", "@user", "#tag", "10%", "C", "C--",
    "~/.bashrc", "__init__", "I/O", "x86-64", "std::vector", "AT&T", "3.14", "=>", "&&", "*args", "Q&A", "%PATH%",
    r"\section", r"C:\temp", "<br>", "1+1", "!important", "TCP/IP", "a|b", "^W", "user@example.com", "/etc/hosts",
)  # fmt: skip
BESIDE = ("cats", "rats", "network", "forces", "pathological", "users", "tags", "100", "nodes", "and others", "ab", "x")
AROUND = (
    "{}",
    "on {}, or",
    "({})",
    "**{}**",
    "`{}`",
    "really {}!",
    "“{}”",
    "is {}.",
    "{}?",
    "用{}写的",
    "{}: yes",
    "|{}|",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_signs_finds_what_has_it_and_that_alone(store: Store, name: str) -> None:
    around = {form.format(name) for form in AROUND}
    write(store, *around, *BESIDE, *(other for other in NAMES if name.lower() not in other.lower()))
    assert {*titles(store, name)} == around


def test_a_letter_is_a_word_and_begins_others_only_where_nothing_else_is_found(store: Store) -> None:
    write(store, "R and Python", "rust", "C++ and C#", "cats", "C, since 1972")
    assert titles(store, "R") == ["R and Python"]
    assert titles(store, "c") == ["C, since 1972"]
    assert titles(store, "p") == ["R and Python"]
    assert titles(store, "C++") == ["C++ and C#"]
    assert titles(store, "p++") == ["R and Python"]


def test_the_word_comes_before_what_begins_so_and_the_newer_before_the_older(store: Store) -> None:
    write(store, "go west", "gopher", "Go home", "golang", "go!", "google")
    ordered = ["go!", "Go home", "go west", "google", "golang", "gopher"]
    assert titles(store, "go") == ordered
    for limit in (1, 2, 3, 4, 5):
        assert titles(store, "go", limit) == ordered


def test_pages_of_what_is_found_in_the_end_go_on(store: Store) -> None:
    write(store, *(f"zeppelin {number}" for number in range(5)))
    assert titles(store, "z", 2) == [f"zeppelin {number}" for number in (4, 3, 2, 1, 0)]


def test_a_cursor_of_another_list_is_no_error(store: Store) -> None:
    write(store, "same one", "same two")
    cursor = store.threads.list_newest(ACCOUNT, limit=1).next_cursor
    assert [thread.title for thread in store.threads.list_newest(ACCOUNT, query="same", cursor=cursor).items] == [
        "same one"
    ]


ALIKE = [
    ("café", "cafe", "CAFÉ", "cafe\u0301"),
    ("كِتَاب", "كتاب", "كتــاب"),
    ("أحمد", "احمد"),
    ("שָׁלוֹם", "שלום"),
    ("ışık", "ISIK", "IŞIK", "isik"),
    ("İstanbul", "istanbul", "İSTANBUL", "ISTANBUL"),
    ("Straße", "STRASSE", "strasse", "STRAẞE"),
    ("ΟΔΥΣΣΕΎΣ", "Οδυσσεύς", "οδυσσευσ"),
    ("Łódź", "lodz"),
    ("smørrebrød", "smorrebrod"),
    ("Ｃ＋＋", "C++"),
    ("ｆｕｌｌ１２", "full12"),
    ("ｶﾞｲﾄﾞ", "ガイド"),
    ("ﬁne", "fine"),
    ("می‌خواهم", "میخواهم"),
    ("Tiếng Việt", "tieng viet"),
    ("❤️", "❤"),
    ("Fuß\u00adball", "fussball"),
]


@pytest.mark.parametrize("forms", ALIKE, ids=lambda forms: forms[-1])
def test_one_word_in_any_of_its_forms_finds_the_others_and_itself_first(store: Store, forms: tuple[str, ...]) -> None:
    write(store, "something else", *forms)
    for form in forms:
        assert set(titles(store, form)) == set(forms)
    if forms[0] == "café":
        assert titles(store, "café")[:1] != ["cafe"]
        assert titles(store, "cafe")[0] == "cafe"


SCRIPTS = [
    ("मेरी किताब यहाँ है", ["किताब", "किता"], ["कताब", "किताबें", "तब"]),
    ("আমার বাংলা বই", ["বাংলা", "বই", "বাং"], ["বল", "লা"]),
    ("தமிழ் மொழி", ["தமிழ்", "மொழி"], ["மழ"]),
    ("ภาษาไทยง่ายนิดเดียว", ["ภาษา", "ไทย", "ง่าย", "เดียว"], ["งาย", "ยากมาก"]),
    ("ភាសាខ្មែរ", ["ខ្មែរ", "ភាសា"], ["ខមរ"]),
    ("수도는 서울입니다", ["수도", "서울", "울입"], ["도서"]),
    ("時々人々が", ["時々", "人々"], ["々時"]),
    ("مرحبا بالعالم", ["مرحبا", "بالعالم"], ["حبا"]),
    ("ready 🎉 now", ["🎉"], ["🎈"]),
    ("I am 👩‍💻 today", ["👩‍💻", "👩"], ["👨‍💻"]),
    ("yes👍🏽yes", ["👍🏽", "👍"], ["👍🏿", "👎"]),
    ("🇫🇷🇩🇪 match", ["🇩🇪", "🇫🇷"], ["🇷🇩", "🇪🇸"]),
    ("a → b, 5 € and 20 °C", ["→", "€", "5 €", "°"], ["←", "£"]),
]


@pytest.mark.parametrize(("said", "found", "not_found"), SCRIPTS)
def test_words_of_every_script_and_symbols_are_found(
    store: Store, said: str, found: list[str], not_found: list[str]
) -> None:
    write(store, said)
    write(store, "", said)
    for query in found:
        assert titles(store, query) == [said] * 2, query
    for query in not_found:
        assert titles(store, query) == [], query


def test_signs_alone_that_are_not_written_find_nothing(written: Store) -> None:
    for query in ("'; DROP TABLE threads; --", "' OR '1'='1", 'x" OR "y', "%%", "__", "\\\\", "**", "''", "()"):
        assert not finds(written, query), query
