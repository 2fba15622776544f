"""Lines without raw HTML and without TeX delimiters."""

import pytest

from ui.markdown.source import LESS, Source, plain


def normalized(text: str) -> str:
    source = Source()
    return source.feed(text) + source.open_line()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a \\(x\\) b", "a $x$ b"),
        ("a \\[ x \\] b", "a $$x$$ b"),
        ("`\\(x\\)`", "`\\(x\\)`"),
        ("\\\\(x\\\\)", "\\\\(x\\\\)"),
        ("\\[\nx\n\\]\n", "```math\nx\n```\n"),
        ("\\[ x\ny \\] z\n", "```math\n x\ny \n```\nz\n"),
        ("$$\nx\n$$\n", "```math\nx\n```\n"),
        ("- \\[\nx\n\\]\n", "- ```math\n  x\n  ```\n"),
        ("> $$\n> x\n> $$\n", "> ```math\n> x\n> ```\n"),
        ("```\n\\[\n$$\n```\n", "```\n\\[\n$$\n```\n"),
        ("a\r\nb", "a\nb"),
        ("<https://a.example>", "<https://a.example>"),
    ],
)
def test_a_text_becomes_these_lines(text: str, expected: str) -> None:
    assert normalized(text) == expected


def test_an_empty_line_ends_a_display_formula_that_was_never_closed() -> None:
    assert normalized("\\[\nx\n\n**after**\n") == "```math\nx\n```\n\n**after**\n"


def test_raw_html_cannot_reach_the_parser_and_comes_back_as_text() -> None:
    assert normalized("<b>") == f"{LESS}b>"
    assert plain(normalized("```\n<b>[^1]\n```\n")) == "```\n<b>[^1]\n```\n"


def test_lines_are_handed_out_once_they_are_complete() -> None:
    source = Source()
    assert [source.feed(piece) for piece in ("a", "b\nc", "\n", "d")] == ["", "ab\n", "c\n", ""]
    assert source.open_line() == "d"


def test_a_line_that_never_ends_is_cut_at_a_space_outside_code_only() -> None:
    text = "word " * 2000
    assert max(map(len, normalized(text).split("\n"))) <= 2000
    assert normalized(f"```\n{text}") == f"```\n{text}"


def test_text_that_is_not_unicode_is_replaced() -> None:
    assert normalized("a\ud83db") == "a?b"
