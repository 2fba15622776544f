"""The inside of a paragraph, heading or cell: text, emphasis, code, formulas, links and images as HTML."""

import html
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import comrak
from comrak import AstNode, NodeLink

from ui.markdown import links, mathml
from ui.markdown.source import CONTINUES, plain
from ui.markdown.tags import TAG, Pairs
from ui.markdown.units import Memo

MAX_DEPTH = 16
_ELEMENTS = {comrak.Emph: "em", comrak.Strong: "strong", comrak.Strikethrough: "del"}


@dataclass(slots=True)
class Inline:
    """Collects the HTML of one leaf.

    `is_rtl` is whether its first strong letter is one of a script that runs from right to left, None without any
    (UAX #9, rules P2 and P3). `continues` is whether the leaf goes on with what a cut has finished.
    """

    memo: Memo
    is_final: bool
    parts: list[str] = field(default_factory=list)
    is_rtl: bool | None = None
    continues: bool = False
    _pairs: Pairs = field(init=False)
    _depth: int = 0
    _link_ends: list[str] = field(default_factory=list)
    _images: list[NodeLink] = field(default_factory=list)
    _alt: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pairs = Pairs(self.parts)

    def html_of(self, children: Iterable[AstNode]) -> str:
        """Return the HTML of what a leaf contains."""
        waiting: list[Iterator[AstNode] | AstNode] = [iter(children)]
        while waiting:
            top = waiting[-1]
            if isinstance(top, AstNode):
                self._end(waiting.pop())  # type: ignore[arg-type]
            elif (node := next(top, None)) is None:
                waiting.pop()
            elif self._start(node):
                waiting += (node, iter(node.children))
        if not self.is_final:
            self._pairs.close()
        return "".join(self.parts)

    def _start(self, node: AstNode) -> bool:
        """Write a node, or the beginning of one that contains others; say whether it does."""
        value = node.node_value
        match value:
            case comrak.Text():
                self._text(value.value)
            case comrak.SoftBreak():
                self._write("\n")
            case comrak.LineBreak():
                self._write("<br>")
            case comrak.Code():
                self._literal(value.value.literal, "code")
            case comrak.Math():
                self._formula(value.value.literal, is_display=value.value.display_math)
            case comrak.FootnoteReference():
                self._write(f"<sup class=note>{escaped(value.value.name)}</sup>")
            case comrak.Link():
                self._start_link(node, value.value)
                return not _is_address(node)
            case comrak.Image():
                self._images.append(value.value)
                return True
            case _ if type(value) in _ELEMENTS:
                self._mark(node, "")
                self._depth += 1
                return True
            case _:
                self._text(str(getattr(value, "value", "")))
        return False

    def _end(self, node: AstNode) -> None:
        value = node.node_value
        if isinstance(value, comrak.Link):
            self._write(self._link_ends.pop())
        elif isinstance(value, comrak.Image):
            self._end_image(self._images.pop())
        else:
            self._depth -= 1
            self._pairs.leave(self._depth)
            self._mark(node, "/")

    def _mark(self, node: AstNode, slash: str) -> None:
        """Write the mark of emphasis; a single tilde is a range of numbers and no strike."""
        if isinstance(node.node_value, comrak.Strikethrough) and _is_single(node):
            self._write("~")
        elif self._depth < MAX_DEPTH:
            self._write(f"<{slash}{_ELEMENTS[type(node.node_value)]}>")

    def _write(self, markup: str) -> None:
        if not self._images:
            self.parts.append(markup)
        elif markup == "\n":
            self._alt.append(" ")

    def _text(self, text: str) -> None:
        if self._images:
            self._alt.append(text)
            return
        if text.startswith(CONTINUES):
            self.continues = True
        if self.is_rtl is None:
            self.is_rtl = is_rtl(text)
        end = 0
        for tag in TAG.finditer(text):
            self.parts.append(escaped(text[end : tag.start()]))
            end = tag.end() if self._pairs.take(tag, self._depth) else tag.start()
        self.parts.append(escaped(text[end:]))

    def _literal(self, text: str, element: str) -> None:
        if self._images:
            self._alt.append(text)
        else:
            self.parts.append(f"<{element}>{escaped(text)}</{element}>")

    def _formula(self, source: str, *, is_display: bool) -> None:
        if self._images:
            self._alt.append(source)
            return
        key = "display" if is_display else "inline", source
        if key not in self.memo:
            self.memo[key] = mathml.formula(plain(source), is_display=is_display)
        self.parts.append(self.memo[key])

    def _start_link(self, node: AstNode, link: NodeLink) -> None:
        url = plain(link.url).replace(" ", "%20")
        if _is_address(node):
            shown = plain(node.children[0].node_value.value)  # type: ignore[attr-defined]
            address, rest = links.without_tail(shown)
            self._write(links.link(url[: len(url) - len(rest)], address) + links.text_html(rest))
        elif links.is_allowed(url) and not self._link_ends:
            self._write(links.opening_tag(url, plain(link.title)))
            self._link_ends.append("</a>")
        else:
            is_shown = not url or (len(node.children) == 1 and getattr(node.children[0].node_value, "value", "") == url)
            self._link_ends.append("" if is_shown else f" ({links.text_html(url)})")

    def _end_image(self, image: NodeLink) -> None:
        if self._images:
            return
        url, alt = plain(image.url), plain("".join(self._alt)).strip() or plain(image.title)
        self._alt.clear()
        if links.is_allowed(url) and (host := links.host_of(url)):
            shown = html.escape(f"Show image from {host}{': ' if alt else ''}{alt}")
            self._write(
                f"<button type=button class=image data-src={links.attribute(url)} data-alt={links.attribute(alt)}>"
                f"{shown}</button>"
            )
        else:
            self._write(html.escape(f"{alt} ({url[:60]})".strip()))


def escaped(text: str) -> str:
    """Return the text as HTML for element content."""
    return html.escape(plain(text), quote=False)


def is_rtl(text: str) -> bool | None:
    """Return whether the first strong letter of a text runs from right to left, or None if there is none."""
    if text.isascii():
        return False if any(map(str.isalpha, text)) else None
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return None


def _is_address(node: AstNode) -> bool:
    """Whether a link is an address that stands in the text without brackets."""
    children = node.children
    if len(children) != 1 or not isinstance(children[0].node_value, comrak.Text):
        return False
    start, inside = node.sourcepos.start, children[0].sourcepos.start
    return (start.line, start.column) == (inside.line, inside.column)


def _is_single(node: AstNode) -> bool:
    children = node.children
    start = node.sourcepos.start
    inside = children[0].sourcepos.start if children else start
    return start.line == inside.line and inside.column - start.column == 1
