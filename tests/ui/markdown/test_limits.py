"""Hostile text costs a bounded time per frame and a linear time in all."""

import time

import pytest

from tests.bench.answers import KINDS, answer
from ui.markdown.growing import GrowingMarkdown

HOSTILE = {
    "quotes": ">" * 100_000,
    "brackets": "[" * 100_000,
    "stars": "*a" * 50_000,
    "backticks": "`a" * 50_000,
    "links": "[a](" * 25_000,
    "images": "![a](" * 20_000,
    "dollars": "$a " * 33_000,
    "lists": "- " * 50_000,
    "deep list": "".join(" " * (2 * depth) + "- x\n" for depth in range(300)),
    "long quote": "> > > > > > x\n" * 8000,
    "wide table": "|a" * 30_000 + "\n" + "|-" * 30_000 + "\n" + "|b" * 30_000,
    "tags": "<a " * 33_000,
    "addresses": "https://a" + "(" * 90_000,
    "definitions": "".join(f"[x{number}]: /u\n" for number in range(10_000)),
    "formulas": "\\(x\\)" * 16_000,
    "open formulas": "\\(" * 50_000,
    "big formula": "$" + "{" * 50_000 + "$",
    "fences": "```" * 30_000,
    "fence candidates": ("```" * 300 + " `\n") * 100,
    "spaces": " " * 100_000,
    "escapes": "\\" * 100_000,
    "one long code line": "```python\n" + "(" * 90_000,
    "quoted code": "```python\n" + '"""' * 30_000,
    "markup code": "```html\n" + "<" * 90_000 + "\n",
    "shell code": "```bash\n" + '$((`"' * 18_000 + "\n",
    "code in an item": "- a\n\n  ```python\n" + "  def f(x): return 1\n" * 3000,
    "paragraphs in an item": "- a\n" + ("  " + "w " * 40 + "\n\n") * 1000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_never_holds_the_loop_for_long(name: str) -> None:
    growing, text = GrowingMarkdown(), HOSTILE[name]
    spent: list[float] = []
    for start in range(0, len(text), 2000):
        before = time.process_time()
        growing.append(text[start : start + 2000])
        growing.open_units()
        spent.append(time.process_time() - before)
    before = time.process_time()
    growing.finish()
    assert sorted(spent)[-2] < 0.15, f"{sorted(spent)[-3:]}"
    assert time.process_time() - before < 0.4


@pytest.mark.parametrize("line", ["> > words in a quote that goes on\n", "[x]: /u\n", "  text of one item\n\n"])
def test_a_block_that_cannot_be_cut_costs_linear_time_in_all(line: str) -> None:
    def cost(lines: int) -> float:
        growing, before = GrowingMarkdown(), time.process_time()
        growing.append("- item\n")
        for _ in range(lines):
            growing.append(line)
        return time.process_time() - before

    cost(100)
    # Quadratic would be sixteen times as much, every time; another process may disturb one of three.
    assert any(cost(4000) < 9 * cost(1000) for _ in range(3))


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_costs_the_same_at_the_end_of_a_long_answer_as_at_the_beginning(kind: str) -> None:
    growing, text, base = GrowingMarkdown(), answer(kind, 60_000), 0
    spent: list[float] = []
    for start in range(0, len(text), 60):
        before = time.process_time()
        growing.append(text[start : start + 60])
        _ = growing.finished[base:] + growing.open_units()
        base = len(growing.finished)
        spent.append(time.process_time() - before)
    eighth = len(spent) // 8
    first, last = sum(spent[eighth : 3 * eighth]), sum(spent[-2 * eighth :])
    assert last < 2 * first, f"{first * 1e3:.0f} ms, then {last * 1e3:.0f} ms"
