"""One piece of markdown to units of safe HTML, from the parser's tree; what is not named here is shown as text."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import comrak
from comrak import AlertType, AstNode, NodeCodeBlock, TableAlignment

from ui.markdown import code, disclosures
from ui.markdown.disclosures import folded
from ui.markdown.inline import Inline, escaped
from ui.markdown.parser import Definitions, parsed
from ui.markdown.source import BLOCK, DISCLOSING, END_SUMMARY, plain
from ui.markdown.units import MAX_DEPTH, Memo, unit

MAX_NESTED = 120
MAX_PADDED = 16
_ALIGNED = {"Left": " class=left", "Center": " class=center", "Right": " class=right"}
_RTL = " dir=rtl"


def rendered(markdown: str, definitions: Definitions, memo: Memo, *, is_final: bool) -> list[str]:
    """Return the units of a piece of markdown.

    `definitions` are the link references known so far, `memo` keeps what a growing piece has rendered before. In a
    piece that is not final, code is highlighted group by group, and diagrams and formulas in fences stay source.
    """
    blocks = _Blocks(memo, is_final)
    blocks.write(parsed(markdown, definitions).blocks)
    return blocks.units


@dataclass(slots=True)
class _Blocks:
    memo: Memo
    is_final: bool
    units: list[str] = field(default_factory=list)
    depth: int = 0
    nested: int = 0

    def write(self, nodes: Iterable[AstNode]) -> None:
        """Add the units of blocks."""
        self.nested += 1
        start = len(self.units)
        for node in nodes if self.nested <= MAX_NESTED else ():
            self._write(node)
        if self.nested > 1:
            folded(self.units, start, self.depth)
        self.nested -= 1

    def _write(self, node: AstNode) -> None:
        value = node.node_value
        match value:
            case comrak.Paragraph():
                self._leaf("p", node)
            case comrak.Heading() if _is_disclosure(node):
                self._disclosure(node)
            case comrak.Heading():
                self._leaf(f"h{value.value.level}", node)
            case comrak.CodeBlock():
                self._code(value.value)
            case comrak.List():
                is_bullet = value.value.list_type == comrak.ListType.Bullet
                name, start = ("ul", "") if is_bullet else ("ol", f" start={value.value.start}")
                self._container(f"<{name}{start}", f"></{name}>", node)
            case comrak.Item():
                self._item(node, "")
            case comrak.TaskItem():
                checked = " checked" if value.value.symbol else ""
                self._item(node, f"<input type=checkbox disabled{checked} aria-label=Done> ")
            case comrak.BlockQuote():
                self._container("<blockquote", "></blockquote>", node)
            case comrak.Alert():
                kind = _name(value.value.alert_type)
                self._container(
                    f'<blockquote class="alert {kind.lower()}"', f"><p class=title>{kind}</p></blockquote>", node
                )
            case comrak.FootnoteDefinition():
                self._container("<div class=footnote", f"><sup>{escaped(value.value.name)}</sup></div>", node)
            case comrak.Table():
                self._table(node, value.value.alignments)
            case comrak.ThematicBreak():
                self._add("<hr>")
            case _:
                self._add(f"<p>{escaped(str(getattr(getattr(value, 'value', ''), 'literal', '')))}</p>")

    def _add(self, markup: str) -> None:
        self.units.append(unit(self.depth, markup))

    def _leaf(self, element: str, node: AstNode) -> bool | None:
        """Add a leaf and return its direction; a display formula alone is no paragraph."""
        if (formula := _only_formula(node)) is not None and element == "p":
            self.units.append(code.formula(plain(formula), self.depth, is_final=self.is_final))
            return None
        leaf = Inline(self.memo, self.is_final)
        inside = leaf.html_of(node.children)
        if leaf.continues:
            self.units.append(unit(self.depth + 1, f"<span>{inside}</span>"))
        else:
            self._add(f"<{element}{_RTL if leaf.is_rtl else ''}>{inside}</{element}>")
        return leaf.is_rtl

    def _disclosure(self, node: AstNode) -> None:
        leaf = Inline(self.memo, self.is_final)
        first = node.children[0].node_value.value  # type: ignore[attr-defined]
        inside = leaf.html_of(node.children)
        marks, at = "", 1
        while first[at : at + 1] in DISCLOSING:
            marks, at = marks + first[at], at + 1
        for mark in marks:
            inside = inside.removeprefix(escaped(mark))
        self._add(disclosures.block(marks + inside.removesuffix(escaped(END_SUMMARY)), is_rtl=leaf.is_rtl))

    def _container(self, start: str, end: str, node: AstNode) -> None:
        """Add an element and, inside it, what the node contains; its direction is that of the first block inside."""
        at, is_shown = len(self.units), self.depth < MAX_DEPTH
        if is_shown:
            self._add(start + end)
        self.depth += 1
        self.write(node.children)
        self.depth -= 1
        if is_shown and len(self.units) > at + 1 and _RTL in self.units[at + 1].partition(">")[0]:
            self.units[at] = unit(self.depth, start + _RTL + end)

    def _item(self, node: AstNode, mark: str) -> None:
        """Add an item; one of a single paragraph, tight or loose, is one unit."""
        at = len(self.units)
        task = " class=task" if mark else ""
        self._container(f"<li{task}", f">{mark}</li>", node)
        if self.depth >= MAX_DEPTH or len(node.children) != 1 or len(self.units) != at + 2:
            return
        before, inside = self.units[at].partition(">")[0], self.units[at + 1]
        if inside[1:3] == "<p":
            _, _, content = inside.partition(">")
            self.units[at:] = [f"{before}>{mark}{content.removesuffix('</p>')}</li>"]

    def _table(self, node: AstNode, alignments: list[TableAlignment]) -> None:
        head, *rows = node.children
        cells, is_rtl = self._cells(head, alignments, "th scope=col")
        direction = _RTL if is_rtl else " dir=ltr" if is_rtl is False and self.depth else ""
        self._add(
            f"<div class=table{direction}><table><thead><tr>{cells}</tr></thead><tbody data-slot></tbody></table></div>"
        )
        self.depth += 1
        for row in rows:
            self._add(f"<tr>{self._cells(row, alignments, 'td')[0]}</tr>")
        self.depth -= 1

    def _cells(self, row: AstNode, alignments: list[TableAlignment], start: str) -> tuple[str, bool | None]:
        parts, is_rtl, name = [], None, start[:2]
        for cell, alignment in zip(row.children, alignments, strict=False):
            leaf = Inline(self.memo, self.is_final)
            inside = leaf.html_of(cell.children)
            is_rtl = leaf.is_rtl if is_rtl is None else is_rtl
            parts.append(f"<{start}{_ALIGNED.get(_name(alignment), '')}{_RTL if leaf.is_rtl else ''}>{inside}</{name}>")
        if len(alignments) <= MAX_PADDED:
            parts += [f"<{name}></{name}>"] * (len(alignments) - len(parts))
        return "".join(parts), is_rtl

    def _code(self, block: NodeCodeBlock) -> None:
        text, language = plain(block.literal), code.language_of(plain(block.info))
        self.units += code.block(text, language, self.depth, self.memo, is_final=self.is_final)


def _is_disclosure(node: AstNode) -> bool:
    children = node.children
    first = children[0].node_value if children else None
    return isinstance(first, comrak.Text) and first.value.startswith(BLOCK)


def _only_formula(node: AstNode) -> str | None:
    children = node.children
    value = children[0].node_value if len(children) == 1 else None
    return value.value.literal if isinstance(value, comrak.Math) and value.value.display_math else None


def _name(member: AlertType | TableAlignment) -> str:
    """Return the name of one of the parser's enumerations, which have no hash and no `name`."""
    return str(member).rpartition(":")[2]
