"""A thread's title from its first message."""

import pytest

from api.runs.titles import MAX_TITLE_CHARS, title_of


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is wine?", "What is wine?"),
        ("## What is *wine*?\nTell me.", "What is wine?"),
        ("\n\n---\n> quoted **words**\nmore", "quoted words"),
        ("`code` and [a link](x) | snake_case 2*3", "code and a link (x) snake_case 2*3"),
        ("  many \t spaces  ", "many spaces"),
        ("", ""),
        ("***\n###", ""),
    ],
)
def test_a_title_is_the_first_line_that_says_something_without_its_markup(text: str, title: str) -> None:
    assert title_of(text) == title


def test_a_long_line_is_cut_at_a_word() -> None:
    title = title_of("Tell me about the wines, " * 10)
    assert title == "Tell me about the wines, Tell me about the wines, Tell me…"
    assert len(title) <= MAX_TITLE_CHARS + 1


def test_a_line_without_spaces_is_cut_where_it_is_too_long() -> None:
    assert title_of("数" * 100) == "数" * MAX_TITLE_CHARS + "…"
    assert title_of("short " + "x" * 100) == "short " + "x" * (MAX_TITLE_CHARS - 6) + "…"


def test_no_comma_is_left_before_the_ellipsis() -> None:
    assert title_of("x" * 50 + ", " + "y" * 50) == "x" * 50 + "…"
