"""Where a block that has grown too long to be read again and again is cut, without changing what it shows.

A paragraph is cut before a space, and what follows is added to it. A list item, a quote or a note is cut before its
last block, or after a line of its code or table. What follows is read below a head, which opens the same containers.
"""

import re
from dataclasses import dataclass

import comrak
from comrak import AstNode

from ui.markdown.blocks import line_starts
from ui.markdown.parser import parsed
from ui.markdown.source import CONTINUES

MAX_PARAGRAPH = 1_000
MAX_BLOCK = 12_000
MAX_ADDRESS = 100_000

_MARKERS = re.compile(r"[-*+]|\d{1,9}[.)]|\[\^[^\]]*\]:")
_IN_ADDRESS = re.compile(r"(?:https?://|www\.|\]\()[^\s`*~\[\]<>|$\\]*\Z")
_ADDRESS = re.compile(r"[^\s`*~\[\]<>|$\\]+")
_LEAVES = (comrak.Paragraph, comrak.Heading)
_CONTAINERS = (
    comrak.List, comrak.Item, comrak.TaskItem, comrak.BlockQuote, comrak.Alert, comrak.FootnoteDefinition
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cut:
    """How much of a text is finished, and what stands before the rest; `is_inside` a paragraph, which goes on."""

    end: int
    head: str
    is_inside: bool = False


def cut(head: str, text: str) -> Cut | None:
    """Return where the last block of a text below a head is cut, or None while it is not too long."""
    if len(text) <= MAX_PARAGRAPH:
        return None
    whole = head + text
    tree = parsed(whole, {})
    if not tree.blocks:
        return None
    chain, starts = _chain(tree.blocks[-1]), line_starts(whole)
    leaf = chain[-1]
    begin = starts[tree.line_of(leaf)]
    if isinstance(leaf.node_value, _LEAVES):
        found = _in_paragraph(whole, max(begin, len(head)), _opening(chain[:-1]))
    elif len(text) <= MAX_BLOCK:
        found = None
    else:
        found = _in_lines(whole, leaf, chain, tree.line_of(leaf))
    if found is None and len(text) > MAX_BLOCK:
        found = _before(chain, [starts[tree.line_of(node)] for node in chain], len(head))
    return Cut(found.end - len(head), found.head, found.is_inside) if found else None


def _chain(block: AstNode) -> list[AstNode]:
    """Return the block, and what stands last in it, down to what contains no blocks."""
    chain = [block]
    while isinstance(chain[-1].node_value, _CONTAINERS) and chain[-1].children:
        chain.append(chain[-1].children[-1])
    return chain


def _opening(containers: list[AstNode]) -> str:
    """Return the beginning of a line that opens these containers where they stand."""
    line = ""
    for node in containers:
        value, column = node.node_value, node.sourcepos.start.column - 1
        if isinstance(value, comrak.BlockQuote | comrak.Alert):
            line = f"{line.ljust(column)}> "
        elif isinstance(value, comrak.FootnoteDefinition):
            line = f"{line.ljust(column)}[^{value.value.name}]: "
        elif isinstance(value, comrak.List):
            listed = value.value
            is_bullet = listed.list_type == comrak.ListType.Bullet
            delimiter = "." if listed.delimiter == comrak.ListDelimType.Period else ")"
            marker = chr(listed.bullet_char) if is_bullet else f"1{delimiter}"
            line = f"{line.ljust(column)}{marker}".ljust(column + listed.padding)
    return line


def _below(opening: str) -> str:
    """Return a head after which other blocks of the containers follow."""
    return f"{opening}{CONTINUES}\n{_margin(opening).rstrip()}\n" if opening else ""


def _margin(opening: str) -> str:
    return _MARKERS.sub(lambda marker: " " * len(marker[0]), opening)


def _in_paragraph(text: str, begin: int, opening: str) -> Cut | None:
    """Cut before the last space, or line end, that stands in no link, code or emphasis."""
    if len(text) - begin <= MAX_PARAGRAPH:
        return None
    piece = text[: begin + MAX_PARAGRAPH]
    end = _last_space(piece, begin)
    if end is None:
        address = _ADDRESS.match(text, len(piece)) if _IN_ADDRESS.search(piece, begin) else None
        size = (address.end() if address else len(piece)) - begin
        if address and size <= MAX_ADDRESS:
            return None if address.end() == len(text) else Cut(address.end(), opening + CONTINUES, is_inside=True)
        end = len(piece)
    return Cut(end, opening + CONTINUES, is_inside=True)


def _last_space(piece: str, begin: int) -> int | None:
    if not re.search(r"\s", piece[begin + 1 :]):
        return None
    tree, starts = parsed(piece, {}), line_starts(piece)
    if not tree.blocks:
        return piece.rfind("\n", begin + 1) if "\n" in piece[begin + 1 :] else None
    leaf = _chain(tree.blocks[-1])[-1]
    for node in reversed(leaf.children):
        if not isinstance(node.node_value, comrak.Text | comrak.SoftBreak):
            continue
        start, stop = node.sourcepos.start, node.sourcepos.end
        first = starts[start.line - tree.first_line] + start.column - 1
        last = starts[stop.line - tree.first_line] + stop.column
        spaces = (piece.rfind(" ", max(first, begin + 1), last), piece.rfind("\n", max(first, begin + 1), last))
        if max(spaces) > begin:
            return max(spaces)
    return None


def _in_lines(text: str, leaf: AstNode, chain: list[AstNode], line: int) -> Cut | None:
    """Cut code and tables after a line; a line that is too long is cut where the text ends."""
    value, opening = leaf.node_value, _opening(chain[:-1])
    end = text.rfind("\n") + 1
    if len(text) - end > MAX_BLOCK:
        end = len(text)
    if isinstance(value, comrak.CodeBlock) and value.value.fenced:
        fence = chr(value.value.fence_char) * value.value.fence_length
        return Cut(end, f"{opening}{fence}{value.value.info}\n") if len(chain) > 1 else None
    if isinstance(value, comrak.CodeBlock):
        return Cut(end, _below(opening))
    if isinstance(value, comrak.Table):
        lines = text.split("\n", line + 2)
        column = leaf.sourcepos.start.column - 1
        rows = (lines[line][column:], _margin(opening) + lines[line + 1].lstrip(" >\t"))
        return Cut(end, f"{opening}{rows[0]}\n{rows[1]}\n") if end < len(text) else Cut(end, _below(opening))
    return None


def _before(chain: list[AstNode], begins: list[int], finished: int) -> Cut | None:
    """Cut before the innermost block that others of the same container stand before."""
    for at in range(len(chain) - 1, 0, -1):
        if len(chain[at - 1].children) > 1 and begins[at] > finished:
            return Cut(begins[at], _below(_opening(chain[:at])))
    return None
