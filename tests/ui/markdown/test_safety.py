"""The first lock: however a text is cut, the units hold only known elements, attributes and addresses."""

import re
from html.parser import HTMLParser

import pytest

from tests.support.xss_corpus import ALL
from ui.markdown import mathml
from ui.markdown.growing import GrowingMarkdown
from ui.markdown.units import without_end_tags


def words(text: str) -> set[str]:
    return set(text.split())


HARMLESS = {"sub", "sup", "kbd", "mark", "u", "s", "del", "ins", "b", "i", "strong", "em", "small", "code"}
TAGS = (
    mathml.TAGS
    | HARMLESS
    | words(
        "a blockquote br button details div h1 h2 h3 h4 h5 h6 hr input li ol p pre span summary table tbody td th thead"
    )
    | {"tr", "ul"}
)
ATTRIBUTES = mathml.ATTRIBUTES | words(
    "aria-label checked class data-alt data-slot data-src disabled href open scope start tabindex title type"
)
CLASSES = words(
    """a alert b bar c caution center closes code copy d diagram f footnote gd gh gi image important k left lines m
    math note opens opens-shown right s summary table task tex tip title v warning"""
)


class Inspector(HTMLParser):
    """Fails on everything that is not expected."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name == "class":
                assert set((value or "").split()) <= CLASSES
            if name in ("href", "data-src"):
                assert re.match(r"(https?://[\w.\[]|mailto:)", value or "", re.IGNORECASE)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def inspect(units: list[str]) -> None:
    for unit in units:
        inspector = Inspector()
        inspector.feed(without_end_tags(unit)[1:])
        inspector.close()


@pytest.mark.parametrize("text", ALL)
def test_every_beginning_of_a_hostile_text_is_safe(text: str) -> None:
    growing = GrowingMarkdown()
    for character in text:
        growing.append(character)
        inspect(growing.open_units())
    growing.finish()
    inspect(growing.finished)
