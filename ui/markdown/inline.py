"""The inside of a paragraph, heading or cell: text, emphasis, code, formulas, links and images as HTML."""

import html
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ui.markdown import links, mathml
from ui.markdown.source import plain
from ui.markdown.units import Memo

MAX_DEPTH = 16
TAGS = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"}
Payload: TypeAlias = Any  # what one of the parser's events holds: a union of a dozen nested shapes
NAMES = frozenset((*TAGS, "Link", "Image", "Superscript", "Subscript"))


@dataclass(slots=True)
class Inline:
    """Collects the HTML of one leaf; `is_implicit` says that the parser named no paragraph (a tight list item)."""

    octets: bytes
    memo: Memo
    is_implicit: bool = False
    parts: list[str] = field(default_factory=list)
    depth: int = 0
    link_ends: list[str] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)
    alt: list[str] = field(default_factory=list)
    text: str = ""

    def write(self, markup: str) -> None:
        """Add HTML, unless an image's text is being read."""
        if not self.images:
            self._end_text()
            self.parts.append(markup)

    def content(self, name: str, value: Payload, end: int) -> None:
        """Add text, code, a formula or a mark; `end` is where it ends in the source."""
        if self.images:
            self.alt.append(value if isinstance(value, str) else "")
        elif name == "Text":
            self.text += value
        elif name == "Code":
            self.write(f"<code>{escaped(value)}</code>")
        elif name == "TaskListMarker":
            self.write(f"<input type=checkbox disabled{' checked' if value else ''}> ")
        elif name == "InlineMath" and self.octets[end : end + 1].isdigit():
            self.text += f"${value}$"
        elif name in ("InlineMath", "DisplayMath"):
            self.write(self._formula(name, value))
        else:
            self.text += value

    def start(self, tag: str, value: Payload) -> None:
        """Open emphasis, a link or an image."""
        if tag == "Image":
            self.images.append((plain(value["dest_url"]), plain(value["title"])))
        elif tag == "Link":
            self._start_link(plain(value["dest_url"]), plain(value["title"]), is_email=value["link_type"] == "Email")
        elif tag in TAGS:
            self.depth += 1
            if self.depth <= MAX_DEPTH:
                self.write(f"<{TAGS[tag]}>")

    def end(self, tag: str) -> None:
        """Close what `start` opened."""
        if tag == "Image":
            self._end_image(*self.images.pop())
        elif tag == "Link":
            self._end_text()
            self.write(self.link_ends.pop())
        elif tag in TAGS:
            if self.depth <= MAX_DEPTH:
                self.write(f"</{TAGS[tag]}>")
            self.depth -= 1

    def html(self) -> str:
        """Return what was collected."""
        self._end_text()
        return "".join(self.parts)

    def _end_text(self) -> None:
        if self.text:
            self.parts.append(links.text_html(self.text) if self.link_ends else links.linked(self.text))
            self.text = ""

    def _formula(self, name: str, source: str) -> str:
        key = name, source
        if key not in self.memo:
            self.memo[key] = mathml.formula(plain(source), is_display=name == "DisplayMath")
        return self.memo[key]

    def _start_link(self, url: str, title: str, *, is_email: bool) -> None:
        url = f"mailto:{url}" if is_email else url
        if links.is_allowed(url) and not self.link_ends:
            self.write(links.opening_tag(url, title))
            self.link_ends.append("</a>")
        else:
            self.link_ends.append(f" ({escaped(url)})" if url else "")

    def _end_image(self, url: str, title: str) -> None:
        if self.images:
            return
        alt = plain("".join(self.alt)).strip() or title
        self.alt.clear()
        if links.is_allowed(url) and (host := links.host_of(url)):
            shown = html.escape(f"Show image from {host}{': ' if alt else ''}{alt}")
            self.write(
                f"<button type=button class=image data-src={links.attribute(url)} data-alt={links.attribute(alt)}>"
                f"{shown}</button>"
            )
        else:
            self.write(html.escape(f"{alt} ({url[:60]})".strip()))


def escaped(text: str) -> str:
    """Return the text as HTML for element content."""
    return html.escape(plain(text), quote=False)
