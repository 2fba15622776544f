"""A display formula is one, whatever its lines begin with; brackets and dollars that are none swallow nothing."""

import pytest

from tests.support.documents import at_once
from ui.markdown.formulas import fenced

FORMULAS = (
    "\\[\nx\n\ny\n\\]",
    "$$\nx\n\ny\n$$",
    "\\[\na\n- b\n+ c\n= d\n\\]",
    "\\[\na\n=\nb\n\\]",
    "para\n    \\[\n    a\n\n    b\\]",
)
NESTED = (
    "- a\n- b\n\n  $$\n  x\n  - y\n  $$",
    "1. \\[ x\n   - y \\]",
    "> \\[\n> a\n> - b\n>\n> c\n> \\]",
    "1. Step\n\\[\nx\n- y\n\\]\n2. next",
)
WORDS = (
    "\\[x] done item\nrest",
    "\\[Note: a]\n\n- more",
    "$$ means dollars and pounds and euros too\n\nlater\n$$ again",
    "    \\[\n\n    x \\]",
    "```\n\\[\n\n- a\n\\]\n```",
    "`a\n\\[ b`\n\n- y\n\\]",
    "\\[\nnever closed\n\n# head\n\\]",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_lines_that_look_like_blocks_are_in_the_formula(text: str) -> None:
    assert at_once(text)[-1].startswith("0<div class=math><math display=block>")


@pytest.mark.parametrize("text", NESTED)
def test_a_formula_in_a_list_or_quote_is_one(text: str) -> None:
    assert sum("<math display=block>" in unit for unit in at_once(text)) == 1
    assert not any("\\[" in unit or "$$" in unit for unit in at_once(text))


@pytest.mark.parametrize("text", WORDS)
def test_what_is_no_formula_swallows_nothing(text: str) -> None:
    assert "<math" not in "".join(at_once(text))
    assert len("".join(at_once(text))) >= len(text) - 12


def test_the_formula_after_a_label_in_brackets_is_drawn() -> None:
    units = at_once("\\[Note: a]\n\n\\[\nx\n- y\n\\]\n\nafter")
    assert units[0] == "0<p>[Note: a]</p>"
    assert "<math display=block>" in units[1]
    assert units[2] == "0<p>after</p>"


def test_what_begins_at_an_open_formula_is_undecided() -> None:
    assert fenced("a\n\n\\[\nx\n\n").open_line == 2
    assert fenced("a\n\n\\[\nx\n\n", is_preview=True).text.endswith("`````")
    assert fenced("\\[\n" + "x\n" * 100).open_line is None
