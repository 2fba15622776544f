"""A thread's title from its first message."""

import pytest

from api.runs.titles import MAX_TITLE_CHARS, title_of


@pytest.mark.parametrize(
    "title",
    [
        "What is wine?",
        "C# or F#?",
        "List<String> and Map<K, V>",
        "~/.bashrc",
        "__init__ and __call__",
        "*args, **kwargs",
        "$HOME or %PATH%",
        "#include <stdio.h>",
        "# Heading",
        "1. First",
        "> quote",
        "`code` and ``more``",
        "[x] done, [a link](x)",
        '"quoted"',
        "a | b | c",
        "- [ ] task",
        "~~gone~~ ==here==",
        "C:\\temp\\*",
        "<div class='x'>",
        "???",
        "🎉",
        "مرحبا بالعالم",
        "שלום, hello",
        "किताब",
        "می\u200cخواهم",
        "👩\u200d💻 at work",
    ],
)
def test_a_title_is_what_is_written(title: str) -> None:
    assert title_of(title) == title
    assert title_of(f"\n  {title}\t \nmore") == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\n---\n> quoted **words**\nmore", "> quoted **words**"),
        ("```\nprint()\n```", "print()"),
        ("  many \t spaces\u00a0here  ", "many spaces here"),
        ("two\u2028lines", "two"),
        ("", ""),
        ("***\n###", ""),
        ("\u200b\u200d\n\u202e\nseen", "seen"),
        ("a\u202egnp.exe\u202c", "agnp.exe"),
        ("\ufeffa\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("\u2066one\u2069 two", "one two"),
    ],
)
def test_a_title_is_the_first_line_that_says_something_and_nothing_hidden(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize(
    "character",
    [
        "👩\u200d👩\u200d👧\u200d👦",
        "👍🏽",
        "🇩🇪",
        "e\u0301\u0323",
        "1\ufe0f\u20e3",
        "कि",
        "क्षि",
        "น้ำ",
        "\u1112\u1161\u11ab",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_a_long_line_is_cut_between_characters_as_they_are_seen(character: str) -> None:
    for shift in range(len(character)):
        title = title_of("x" * shift + character * 60)
        assert len(title) <= MAX_TITLE_CHARS + 1
        assert title.removesuffix("…")[shift:] == character * ((MAX_TITLE_CHARS - shift) // len(character))


def test_one_character_that_is_longer_than_a_title_is_cut() -> None:
    assert title_of("e" + "\u0301" * 500) == "e" + "\u0301" * (MAX_TITLE_CHARS - 1) + "…"


def test_a_word_that_ends_at_the_limit_is_kept() -> None:
    assert title_of("x" * 29 + " " + "y" * 30 + " z") == "x" * 29 + " " + "y" * 30 + "…"


def test_a_long_line_is_cut_at_a_word() -> None:
    title = title_of("Tell me about the wines, " * 10)
    assert title == "Tell me about the wines, Tell me about the wines, Tell me…"
    assert len(title) <= MAX_TITLE_CHARS + 1


def test_a_line_without_spaces_is_cut_where_it_is_too_long() -> None:
    assert title_of("数" * 100) == "数" * MAX_TITLE_CHARS + "…"
    assert title_of("short " + "x" * 100) == "short " + "x" * (MAX_TITLE_CHARS - 6) + "…"


def test_no_comma_is_left_before_the_ellipsis() -> None:
    assert title_of("x" * 50 + ", " + "y" * 50) == "x" * 50 + "…"
