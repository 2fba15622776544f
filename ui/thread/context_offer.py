"""What a list shows of all that MCP servers offer: no more than the page can hand over at once; pure, no I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest
from typing import TypeVar

from ui.tools import Prompt, Resource

MAX_ITEMS = 300
MAX_CHARACTERS = 200_000
MAX_DESCRIPTION_CHARACTERS = 200
ITEM_CHARACTERS = 50  # of an item or an argument without any text

Item = TypeVar("Item", Prompt, Resource)


def bounded(offers: Sequence[Sequence[Item]]) -> tuple[tuple[Item, ...], int]:
    """Return the first items of every server, with their descriptions cut, and how many are left out.

    The servers take turns, so that one which offers very much hides no other.
    """
    taken: list[list[Item]] = [[] for _ in offers]
    characters_left = MAX_CHARACTERS
    for at, item in islice(_in_turn(offers), MAX_ITEMS):
        size = _size(item)
        if size <= characters_left:
            characters_left -= size
            taken[at].append(_cut(item))
    shown = tuple(chain.from_iterable(taken))
    return shown, sum(map(len, offers)) - len(shown)


def _in_turn(offers: Sequence[Sequence[Item]]) -> Iterator[tuple[int, Item]]:
    for turn in zip_longest(*offers):
        yield from ((at, item) for at, item in enumerate(turn) if item is not None)


def _size(item: Prompt | Resource) -> int:
    name = item.name if isinstance(item, Prompt) else item.uri
    arguments = item.arguments if isinstance(item, Prompt) else ()
    names = len(item.server) + len(name) + len(item.title) + sum(len(argument.name) for argument in arguments)
    described = [item.description, *(argument.description for argument in arguments)]
    descriptions = sum(min(len(text), MAX_DESCRIPTION_CHARACTERS) for text in described)
    return names + descriptions + ITEM_CHARACTERS * len(described)


def _cut(item: Item) -> Item:
    description = _beginning(item.description)
    if isinstance(item, Prompt):
        arguments = tuple(replace(each, description=_beginning(each.description)) for each in item.arguments)
        return replace(item, description=description, arguments=arguments)
    return replace(item, description=description)


def _beginning(text: str) -> str:
    return text if len(text) <= MAX_DESCRIPTION_CHARACTERS else text[: MAX_DESCRIPTION_CHARACTERS - 1] + "…"
