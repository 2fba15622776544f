"""Where the top-level blocks of a markdown text begin, and the items and rows inside the last kinds that grow long."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyromark
from pyromark import Options
from pyromark.event import Event

OPTIONS = (
    Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_MATH
    | Options.ENABLE_GFM
)
MAX_PARAGRAPH = 3000
_PARTS = {"List": "Item", "Table": "TableRow"}


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block: its lines, and where the items of a list or the rows of a table begin in them."""

    kind: str
    source: str
    parts: tuple[int, ...] = ()

    @property
    def is_fenced(self) -> bool:
        """Whether this is fenced code."""
        return self.kind == "Fenced"

    def cut(self) -> int:
        """Return where a paragraph that is too long to be read again and again goes on as another one, or 0."""
        if self.kind != "Paragraph" or len(self.source) <= MAX_PARAGRAPH:
            return 0
        end = self.source.find("\n", MAX_PARAGRAPH) + 1
        return end if self.source[end:].strip() else 0


@dataclass(slots=True)
class _Found:
    kind: str
    start: int
    parts: list[int] = field(default_factory=list)


def split(text: str) -> list[Block]:
    """Cut a text into its top-level blocks; together their sources are the text, unless it has none."""
    octets = text.encode()
    found = list(_top_level(text))
    starts = [octets.rfind(b"\n", 0, block.start) + 1 if index else 0 for index, block in enumerate(found)]
    ends = [*starts[1:], len(octets)] if starts else []
    return [
        Block(block.kind, octets[start:end].decode(), tuple(_line_starts(octets, start, end, block.parts)))
        for block, start, end in zip(found, starts, ends, strict=True)
    ]


def _line_starts(octets: bytes, start: int, end: int, parts: list[int]) -> Iterator[int]:
    """Return where the lines of these parts begin, in characters from the start of the block."""
    for part in parts:
        line = max(octets.rfind(b"\n", 0, part) + 1, start)
        if line < end:
            yield len(octets[start:line].decode())


def _top_level(text: str) -> Iterator[_Found]:
    depth = 0
    found = _Found("", 0)
    for event, place in pyromark.events_with_range(text, options=OPTIONS):
        if isinstance(event, str):
            if depth == 0:
                yield _Found(event, place["start"])
        elif "End" in event:
            depth -= 1
            if depth == 0:
                yield found
        elif "Start" in event:
            if depth == 0:
                found = _Found(_kind(event), place["start"])
            elif depth == 1 and event["Start"] == _PARTS.get(found.kind):
                found.parts.append(place["start"])
            depth += 1


def _kind(event: Event) -> str:
    tag = event["Start"]  # type: ignore[index,typeddict-item]
    if isinstance(tag, str):
        return tag
    if tag.get("CodeBlock", "Indented") != "Indented":
        return "Fenced"
    return next(iter(tag))
