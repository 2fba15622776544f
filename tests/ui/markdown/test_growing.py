"""The end of a growing text is the text rendered at once, wherever it was cut."""

import random

import pytest

from tests.support.documents import ALL, EVERYTHING
from ui.markdown.growing import GrowingMarkdown

FRAGMENTS = [
    *("# h", "text ", "**", "*", "_", "`", "``", "```", "```py\n", "~~~\n", "\n", "\n\n", "- ", "  - ", "1. ", "2) "),
    *("> ", "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "|", "[a](http://x.y)", "[a]: http://z\n", "[a]", "![i](u)"),
    *("<b>", "<!--", "<script>", "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\", "[^1]", "[^1]: n\n", "---\n", "===\n"),
    *("\t", "    code\n", "- [ ] ", "&amp;", "https://e.x/a", "中文", "😀", "\r\n", "> [!NOTE]\n", "10. ", "    "),
    "```math\nx\n```\n",
]


def at_once(text: str) -> list[str]:
    growing = GrowingMarkdown()
    growing.append(text)
    growing.finish()
    return growing.finished


def piece_by_piece(text: str, sizes: list[int]) -> list[str]:
    growing = GrowingMarkdown()
    position, turn = 0, 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        growing.append(text[position : position + size])
        growing.open_units()
        position, turn = position + size, turn + 1
    growing.finish()
    return growing.finished


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize("sizes", [[1], [2, 7], [40], [3, 1000]])
def test_every_document_ends_as_if_it_had_come_at_once(text: str, sizes: list[int]) -> None:
    if len(text) > 3_000 and sizes[0] == 1:
        sizes = [17]
    assert piece_by_piece(text, sizes) == at_once(text)


def test_two_halves_cut_anywhere_give_the_same_end() -> None:
    expected = at_once(EVERYTHING)
    for cut in range(1, len(EVERYTHING)):
        assert piece_by_piece(EVERYTHING, [cut, len(EVERYTHING)]) == expected, cut


@pytest.mark.parametrize("seed", range(150))
def test_random_markdown_cut_at_random_places_gives_the_same_end(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(FRAGMENTS) for _ in range(60))
    sizes = [chance.choice((1, 1, 2, 3, 5, 17, 80)) for _ in range(20)]
    assert piece_by_piece(text, sizes) == at_once(text)


def test_finished_units_never_change_again() -> None:
    growing, seen = GrowingMarkdown(), list[str]()
    for character in EVERYTHING:
        growing.append(character)
        assert growing.finished[: len(seen)] == seen
        seen = list(growing.finished)


def test_only_the_last_item_row_or_group_of_lines_stays_open() -> None:
    for text in ("- an item\n" * 500, "| a |\n|---|\n" + "| 1 |\n" * 500, "```\n" + "line\n" * 5000):
        growing = GrowingMarkdown()
        growing.append(text)
        assert len(growing.open_units()) <= 3, text[:12]


def test_a_reference_defined_before_its_use_is_a_link_and_a_later_one_is_text() -> None:
    units = at_once("[a]: https://a.example\n\nsee [a] and [b]\n\nmore\n\n[b]: https://b.example\n")
    assert units == ["0<p>see <a href=https://a.example>a</a> and [b]</p>", "0<p>more</p>"]


def test_a_long_paragraph_goes_on_as_another_paragraph() -> None:
    units = at_once("some words\n" * 1000)
    assert len(units) > 2
    assert all(unit.startswith("0<p>some words") for unit in units)
