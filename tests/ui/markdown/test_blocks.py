"""Where blocks, items and rows begin."""

import pytest

from ui.markdown.blocks import split


def test_the_sources_of_the_blocks_are_the_text() -> None:
    text = "\n# a\n\nb\nc\n- d\n- e\n\n```\nf\n```\n| g |\n|---|\n| h |\n\n---\n> 中文\n"
    blocks = split(text)
    assert "".join(block.source for block in blocks) == text
    kinds = ["Heading", "Paragraph", "List", "Fenced", "Table", "ThematicBreak", "BlockQuote"]
    assert [block.kind for block in blocks] == kinds


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("- a\n- b\n  - c\n- d\n", ["- a\n", "- b\n  - c\n", "- d\n"]),
        ("1. 中\n2. 文\n", ["1. 中\n", "2. 文\n"]),
        ("| a |\n|---|\n| 1 |\n| 2 |\n", ["| 1 |\n", "| 2 |\n"]),
    ],
)
def test_items_and_rows_begin_at_these_places(text: str, parts: list[str]) -> None:
    (block,) = split(text)
    ends = [*block.parts[1:], len(text)]
    assert [text[start:end] for start, end in zip(block.parts, ends, strict=True)] == parts


def test_a_text_that_draws_nothing_has_no_blocks() -> None:
    assert split("\n\n[a]: https://a.example\n") == []
