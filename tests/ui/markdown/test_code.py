"""Code in groups of highlighted lines."""

import re
from html import unescape

import pytest

from ui.markdown import code
from ui.markdown.fence import Fence

PYTHON = 'def f(x: int) -> str:\n    """Say\n    it."""\n\n    return "a < b"  # done\n' * 5


def text_of(units: list[str]) -> str:
    return unescape(re.sub(r"<[^>]*>", "", "".join(unit[1:] for unit in units)))


def test_keywords_strings_and_comments_have_classes() -> None:
    found = code.highlighted('return "a<b"  # c\n', code.lexer_for("python"))
    assert found == '<i class=k>return </i><i class=s>"a&lt;b"  </i><i class=c># c</i>\n'


def test_no_element_crosses_a_line_end() -> None:
    for line in code.highlighted(PYTHON, code.lexer_for("python")).splitlines():
        assert line.count("<i") == line.count("</i>")


@pytest.mark.parametrize(
    "language", ["python", "js", "html", "json", "bash", "diff", "", "no-such", "c", "yaml", "sql"]
)
@pytest.mark.parametrize("text", [PYTHON, "\n\n a\n", "x", "", "a\u2028b\n\x0bc\n", "<b>&amp;</b>\n", "中文 😀\n"])
def test_the_text_of_the_groups_is_the_code(language: str, text: str) -> None:
    assert text_of(code.block(text, language, 0, {}, is_final=True)[1:]) == text
    assert text_of(code.block(text, language, 0, {}, is_final=False)[1:]) == text


@pytest.mark.parametrize(
    ("info", "language"),
    [("py", "py"), ("python title='x'", "python"), ("{.js}", "js"), ("", ""), ("a" * 99, "a" * 30)],
)
def test_the_language_is_the_first_word_of_the_info_string(info: str, language: str) -> None:
    assert code.language_of(info) == language


def test_a_group_ends_at_an_empty_line_or_when_it_is_long() -> None:
    lines = ["a\n", "\n", *["b\n"] * 30, "c" * 3000 + "\n", "d\n"]
    assert [len(group) for group in code.groups(lines)] == [2, 24, 7, 1]


def test_only_the_last_group_of_an_open_fence_changes() -> None:
    fence, rest = Fence.opened_by("```python\n")
    assert rest == ""
    fence.feed(PYTHON)
    before = fence.units("ret")
    fence.feed("return 1\n")
    assert fence.units("x")[: len(before) - 1] == before[:-1]


def test_a_fence_ends_at_its_own_marker_only() -> None:
    fence, _ = Fence.opened_by("````\n")
    assert fence.feed("```\na\n") is None
    assert fence.feed("`````  \nafter\n") == "after\n"


def test_finished_groups_of_long_code_are_handed_out_once() -> None:
    fence, _ = Fence.opened_by("```python\n")
    fence.feed(PYTHON * 50)
    settled = fence.settled()
    assert len(settled) > 100
    assert fence.settled() == []
    assert text_of([*settled[1:], *fence.finished()]) == PYTHON * 50


def test_a_diagram_is_marked_only_when_it_is_finished() -> None:
    growing = code.block("graph LR", "mermaid", 0, {}, is_final=False)
    finished = code.block("graph LR", "mermaid", 0, {}, is_final=True)
    assert ("diagram" in growing[0], "diagram" in finished[0]) == (False, True)
