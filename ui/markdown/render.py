"""One piece of markdown to units of safe HTML, from the parser's events; what is not named here is shown as text."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyromark
from pyromark.event import BrokenLink

from ui.markdown import code
from ui.markdown.blocks import OPTIONS
from ui.markdown.inline import NAMES, Inline, Payload
from ui.markdown.source import plain
from ui.markdown.units import MAX_DEPTH, Memo, unit

_ALIGNED = {"Left": " class=left", "Center": " class=center", "Right": " class=right"}
_TASK = "<input type=checkbox"

Definitions = Mapping[str, tuple[str, str]]


def rendered(markdown: str, definitions: Definitions, memo: Memo, *, is_final: bool) -> list[str]:
    """Return the units of a piece of markdown.

    `definitions` are the link references known so far, `memo` keeps what a growing piece has rendered before. In a
    piece that is not final, code is highlighted group by group, and diagrams and formulas in fences stay source.
    """

    def resolve(link: BrokenLink) -> tuple[str, str] | None:
        return definitions.get(link["reference"].casefold())

    blocks = _Blocks(markdown.encode(), memo, is_final)
    for event, place in pyromark.events_with_range(markdown, options=OPTIONS, broken_link_callback=resolve):
        blocks.take(event, place["end"])
    return blocks.units


@dataclass(slots=True)
class _Blocks:
    octets: bytes
    memo: Memo
    is_final: bool
    units: list[str] = field(default_factory=list)
    depth: int = 0
    leaf: Inline | None = None
    code: list[str] | None = None
    info: str = ""
    items: list[int] = field(default_factory=list)
    alignments: tuple[str, ...] = ()
    column: int = 0

    def take(self, event: Payload, end: int) -> None:
        """Write what one event adds."""
        if isinstance(event, str):
            self._mark(event)
            return
        ((name, value),) = event.items()
        if name in ("Start", "End"):
            ((tag, value),) = ((value, None),) if isinstance(value, str) else value.items()
            if tag in NAMES:
                self._inline().start(tag, value) if name == "Start" else self._inline().end(tag)
            else:
                self._end_implicit(tag)
                (self._start if name == "Start" else self._end)(tag, value)
        elif self.code is not None:
            self.code.append(value)
        else:
            self._inline().content(name, value, end)

    def _mark(self, event: str) -> None:
        if event == "Rule":
            self._end_implicit(event)
            self._add("<hr>")
        else:
            self._inline().content("Text", "\n", 0) if event == "SoftBreak" else self._inline().write("<br>")

    def _start(self, tag: str, value: Payload) -> None:
        if tag in ("Paragraph", "Heading", "TableHead", "TableRow"):
            self.leaf, self.column = Inline(self.octets, self.memo), 0
        elif tag == "TableCell":
            self._inline().write(f"<td{_ALIGNED.get(self.alignments[self.column], '')}>")
        elif tag == "Table":
            self.alignments = value
        elif tag == "CodeBlock":
            self.code, self.info = [], "" if value == "Indented" else value["Fenced"]
        elif tag == "Item":
            self.items.append(len(self.units))
            self._open("<li></li>")
        elif tag == "List":
            self._open("<ul></ul>" if value is None else f"<ol start={value}></ol>")
        elif tag == "BlockQuote":
            self._open_quote(value)
        elif tag == "FootnoteDefinition":
            self._open(f"<div class=footnote><sup>{html.escape(plain(value))}</sup></div>")

    def _end(self, tag: str, value: Payload) -> None:
        if tag == "Paragraph":
            self._add(f"<p>{self._leaf_html()}</p>")
        elif tag == "Heading":
            self._add(f"<{value.lower()}>{self._leaf_html()}</{value.lower()}>")
        elif tag == "TableCell":
            self._inline().write("</td>")
            self.column += 1
        elif tag == "TableRow":
            self._add(f"<tr>{self._leaf_html()}</tr>")
        elif tag == "TableHead":
            head = self._leaf_html().replace("<td", "<th scope=col").replace("</td>", "</th>")
            self._open(f"<div class=table tabindex=0><table><thead><tr>{head}</tr></thead>{_BODY}</table></div>")
        elif tag == "CodeBlock":
            self._end_code(plain("".join(self.code or ())))
        elif tag == "Item":
            self._end_item(self.items.pop())
        elif tag in ("List", "BlockQuote", "FootnoteDefinition", "Table"):
            self.depth -= 1

    def _inline(self) -> Inline:
        if self.leaf is None:
            self.leaf = Inline(self.octets, self.memo, is_implicit=True)
        return self.leaf

    def _end_implicit(self, tag: str) -> None:
        if self.leaf is not None and self.leaf.is_implicit and tag != "TableCell":
            self._add(f"<p>{self._leaf_html()}</p>")

    def _leaf_html(self) -> str:
        leaf, self.leaf = self._inline(), None
        return leaf.html()

    def _add(self, markup: str) -> None:
        self.units.append(unit(self.depth, markup))

    def _open(self, markup: str) -> None:
        if self.depth < MAX_DEPTH:
            self._add(markup)
        self.depth += 1

    def _open_quote(self, kind: str | None) -> None:
        if kind is None:
            self._open("<blockquote></blockquote>")
        else:
            self._open(f'<blockquote class="alert {kind.lower()}"><p class=title>{kind}</p></blockquote>')

    def _end_item(self, index: int) -> None:
        """Fold an item of one paragraph into one unit, tight or loose; mark an item that begins with a checkbox."""
        self.depth -= 1
        if self.depth >= MAX_DEPTH:
            return
        first = self.units[index + 1][1:] if len(self.units) > index + 1 else ""
        task = " class=task" if first.startswith(f"<p>{_TASK}") else ""
        content = ""
        if len(self.units) == index + 2 and first.startswith("<p>"):
            content = first[3:-4]
            self.units.pop()
        self.units[index] = unit(self.depth, f"<li{task}>{content}</li>")

    def _end_code(self, text: str) -> None:
        self.code = None
        language = code.language_of(plain(self.info))
        self.units += code.block(text, language, self.depth, self.memo, is_final=self.is_final)


_BODY = "<tbody data-slot></tbody>"
