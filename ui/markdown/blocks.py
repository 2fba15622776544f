"""Where the top-level blocks of a markdown text begin, and the items and rows inside the last kinds that grow long."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import comrak
from comrak import AstNode

from ui.markdown.parser import parsed
from ui.markdown.source import CONTINUES

_PARTS = (comrak.List, comrak.Table)
_MISTAKEN = re.compile(r" {4}| {0,3}\t| {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]")


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


def split(text: str) -> list[Block]:
    """Cut a text into its top-level blocks; together their sources are the text, unless it has none.

    A table's head may begin like code or like a list where a paragraph stands before it: to stay a table on its own it
    loses its indent and, before a marker, gets a stand-in.
    """
    blocks = _cut(text)
    for index, block in enumerate(blocks[1:], 1):
        if block.kind == "Table" and _MISTAKEN.match(block.source):
            source = block.source.lstrip(" \t")
            blocks[index : index + 1] = _cut(CONTINUES + source if _MISTAKEN.match(source) else source)
    return blocks


def _cut(text: str) -> list[Block]:
    tree = parsed(text, {})
    starts = line_starts(text)
    begins = [0, *(starts[tree.line_of(node)] for node in tree.blocks[1:])]
    ends = [*begins[1:], len(text)]
    return [
        Block(_kind(node), text[begin:end], tuple(_parts(node, tree.first_line, starts, begin)))
        for node, begin, end in zip(tree.blocks, begins, ends, strict=False)
    ]


def line_starts(text: str) -> list[int]:
    """Return where each line of a text begins."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


def _kind(node: AstNode) -> str:
    value = node.node_value
    is_fenced = isinstance(value, comrak.CodeBlock) and value.value.fenced
    return "Fenced" if is_fenced else type(value).__name__


def _parts(node: AstNode, first_line: int, starts: list[int], begin: int) -> Iterator[int]:
    """Return where the parts of a block begin, in characters from its start; of a table without its head."""
    if isinstance(node.node_value, _PARTS):
        skipped = isinstance(node.node_value, comrak.Table)
        for part in node.children[skipped:]:
            yield max(starts[part.sourcepos.start.line - first_line], begin) - begin
