"""Threads as texts: pages, Markdown and passages are bounded, and nothing is lost between pages."""

import pytest

from api.errors import BadRequest
from api.parts import TextPart, ToolCallPart, ToolResultPart, encode_parts
from api.store.records import StoredMessage, Thread
from api.wire.mcp.thread_text import as_markdown, page_text, passage_of, said_in, thread_page

THREAD = Thread("t", "local", "Wine", "", "", 0.0, 0.0)


def path(*texts: str) -> list[StoredMessage]:
    roles = ("user", "assistant")
    return [
        StoredMessage(at, f"m{at}", "t", None, roles[at % 2], encode_parts([TextPart(text)]), "completed", None, 0.0)  # type: ignore[arg-type]
        for at, text in enumerate(texts)
    ]


def read(messages: list[StoredMessage], limit: int, max_chars: int) -> list[list[tuple[str, int, str]]]:
    pages, cursor = [], None
    for _ in range(100):
        page = thread_page(THREAD, messages, cursor, limit, max_chars)
        pages.append([(entry["message_id"], entry["begin"], entry["text"]) for entry in page["messages"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return pages
    raise AssertionError("the pages do not end")


def test_pages_are_bounded_by_number_and_by_size_and_lose_nothing() -> None:
    messages = path("a" * 25, "", "b" * 10, "c" * 5, "", "d")
    for limit, max_chars in ((1, 100), (2, 10), (50, 10), (50, 7), (3, 1), (50, 1000)):
        pages = read(messages, limit, max_chars)
        assert all(len(page) <= limit and sum(len(text) for _, _, text in page) <= max_chars for page in pages)
        whole = {message.message_id: "" for message in messages}
        for message_id, begin, text in (entry for page in pages for entry in page):
            assert begin == len(whole[message_id])
            whole[message_id] += text
        assert whole == {message.message_id: message.text for message in messages}


@pytest.mark.parametrize("cursor", ["x", "m9.0", "m0.", "m0.-1", "m0.٣", "m0.9999999999", ".", "m0"])
def test_a_cursor_of_nobody_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest):
        thread_page(THREAD, path("a"), cursor, 10)


def test_a_cursor_behind_the_end_comes_to_an_end() -> None:
    assert thread_page(THREAD, path("a"), "m0.500", 10)["next_cursor"] is None


def test_markdown_keeps_the_end_of_a_long_thread_and_says_so() -> None:
    written = as_markdown(THREAD, path("first", "x" * 500, "last"), 200)
    assert len(written) < 400
    assert "left out" in written
    assert "first" not in written
    assert written.endswith("## User\n\nlast\n")
    assert as_markdown(THREAD, path("hi", "ho")) == "# Wine\n\n## User\n\nhi\n\n## Assistant\n\nho\n"
    assert as_markdown(THREAD, []) == "# Wine\n"


def test_a_page_for_who_reads_no_fields_says_how_to_go_on() -> None:
    said = page_text(thread_page(THREAD, path("hi", "ho"), None, 1))
    assert "## User\n\nhi" in said
    assert "cursor m1.0" in said


def test_tools_are_named_and_their_results_cut() -> None:
    call = ToolCallPart("c", "s__n", "{}", "s", "Title")
    result = ToolResultPart("c", ({"type": "text", "text": "r" * 5000},), is_error=False)
    said = said_in((TextPart("So:"), call, result))
    assert said.startswith("So:\n\n*Tool s/Title*\n\nrrr")
    assert len(said) < 2100


@pytest.mark.parametrize("query", ["needle", "NEEDLE", "absent needle"])
def test_a_passage_shows_the_word(query: str) -> None:
    passage = passage_of("x " * 500 + "the needle here " + "y " * 500, query)
    assert "needle" in passage
    assert len(passage) <= 302
    assert passage.startswith("…")


def test_a_passage_without_the_word_is_the_beginning() -> None:
    assert passage_of("begin and more", "absent") == "begin and more"
    assert passage_of("", "") == ""
