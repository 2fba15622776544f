"""Characters that the parser must not see, and lines that would take it long, have stand-ins; nothing else changes."""

import pytest

from ui.markdown.source import LESS, MAX_COLUMNS, Source, plain


def readable(text: str) -> str:
    source = Source()
    return source.feed(text) + source.open_line()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a \\(x\\) b", "a \\(x\\) b"),
        ("\\[\nx\n\\]\n", "\\[\nx\n\\]\n"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("<https://a.example> <mailto:a@b.example> <a@b.example>",) * 2,
        ("[r](<https://a.example/my report.pdf>)\n[r]: <https://a.example>",) * 2,
        ("a \\< b", "a \\< b"),
        ("a \\\\<b> < c", f"a \\\\{LESS}b> {LESS} c"),
        ("<ftp://a.example>", f"{LESS}ftp://a.example>"),
        ("\0", "\ufffd"),
    ],
)
def test_a_text_becomes_these_lines(text: str, expected: str) -> None:
    assert readable(text) == expected


@pytest.mark.parametrize(
    "text", ["<b>", "```\n<b>[^1]\n```\n", ">" * 200, "- " * 200, "1. " * 90, "|" + "-|" * 300, LESS]
)
def test_what_has_stand_ins_comes_back_as_it_was(text: str) -> None:
    assert plain(readable(text)) == text
    assert len(readable(text)) == len(text)


def test_a_table_has_only_so_many_columns() -> None:
    assert readable("|" + "-|" * (MAX_COLUMNS - 1)) == "|" + "-|" * (MAX_COLUMNS - 1)
    assert readable("|" + "-|" * (MAX_COLUMNS + 1)) != "|" + "-|" * (MAX_COLUMNS + 1)


def test_lines_are_handed_out_once_they_are_complete() -> None:
    source = Source()
    assert [source.feed(piece) for piece in ("a", "b\nc", "\n", "d")] == ["", "ab\n", "c\n", ""]
    assert source.open_line() == "d"


@pytest.mark.parametrize("pieces", [("a\r", "\nb"), ("a\r\n", "b"), ("a", "\r", "\nb")])
def test_a_line_end_may_be_cut(pieces: tuple[str, ...]) -> None:
    source = Source()
    assert "".join(map(source.feed, pieces)) + source.open_line() == "a\nb"


def test_text_that_is_not_unicode_is_replaced() -> None:
    assert readable("a\ud83db") == "a?b"
