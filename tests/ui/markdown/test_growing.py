"""The end of a growing text is the text rendered at once, wherever it was cut."""

import random

import pytest

from tests.support.documents import ALL, EVERYTHING, as_parsed, at_once, piece_by_piece
from tests.support.soak import rounds
from ui.markdown.growing import GrowingMarkdown

FRAGMENTS = [
    *("# h", "text ", "**", "*", "_", "`", "``", "```", "```py\n", "~~~\n", "\n", "\n\n", "- ", "  - ", "1. ", "2) "),
    *("> ", "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "|", "[a](http://x.y)", "[a]: http://z\n", "[a]", "![i](u)"),
    *("<b>", "<!--", "<script>", "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\", "[^1]", "[^1]: n\n", "---\n", "===\n"),
    *("\t", "    code\n", "- [ ] ", "&amp;", "https://e.x/a", "中文", "😀", "\r\n", "> [!NOTE]\n", "10. ", "    "),
    "```math\nx\n```\n",
]


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


@pytest.mark.parametrize("seed", rounds(150, soak=1_500))
def test_random_markdown_cut_at_random_places_gives_the_same_end(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(FRAGMENTS) for _ in range(60))
    sizes = [chance.choice((1, 1, 2, 3, 5, 17, 80)) for _ in range(20)]
    assert piece_by_piece(text, sizes) == at_once(text)


@pytest.mark.parametrize("seed", rounds(150, soak=1_500))
def test_random_markdown_without_definitions_ends_as_the_parser_reads_the_whole(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(FRAGMENTS) for _ in range(60)).replace("]:", "] ") + "\n"
    assert at_once(text) == as_parsed(text)


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


def test_what_grows_too_long_is_cut_at_the_same_places_however_it_comes() -> None:
    for text in LONG:
        expected = at_once(text)
        assert piece_by_piece(text, [700]) == expected
        assert piece_by_piece(text, [13, 1, 900]) == expected


LONG = (
    "some words and **bold** ones " * 500,
    "- item\n" + "  a paragraph of the item\n\n" * 700 + "- next\n",
    "> " + "a quote that goes on\n> " * 700 + "\n\nafter\n",
    "- a\n\n  ```python\n" + "  def f(x): return 1\n" * 900 + "  ```\n- b\n",
    "1. a\n   - b\n" + "     | x | y |\n" + "     |---|---|\n" + "     | 1 | 2 |\n" * 900,
    "中文字" * 3000,
    "[x](https://e.x/?" + "a=1&" * 2000 + ") after",
    "    indented code\n" * 900,
    "```\n" + "x" * 30_000 + "\n```\n",
)
