"""TeX to MathML that holds presentation elements only; what cannot be converted is shown as its source."""

import html
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

from ui.markdown.links import attribute


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_SOURCE = 2000
MAX_DEPTH = 60
TAGS = _words(
    """math menclose mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable
    mtd mtext mtr munder munderover mmultiscripts mprescripts none"""
)
ATTRIBUTES = _words(
    """accent accentunder columnalign columnlines columnspacing depth display displaystyle fence form height lspace
    linethickness mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace scriptlevel separator
    stretchy symmetric voffset width"""
)


def formula(source: str, *, is_display: bool) -> str:
    """Return the formula as MathML, or its source as code."""
    try:
        if len(source) > MAX_SOURCE:
            raise ValueError("too long to convert")
        element = convert_to_element(source.strip(), display="block" if is_display else "inline")
        return "".join(_serialized(element, 0))
    except Exception:  # noqa: BLE001 - the library raises a family of its own, and whatever its parser stumbles over
        return f"<code class=tex>{html.escape(source)}</code>"


def _serialized(element: Element, depth: int) -> Iterator[str]:
    if element.tag not in TAGS or depth > MAX_DEPTH:
        raise ValueError("not presentation MathML")
    attributes = (f" {name}={attribute(value)}" for name, value in element.items() if name in ATTRIBUTES)
    yield f"<{element.tag}{''.join(attributes)}>{_text(element.text)}"
    for child in element:
        yield from _serialized(child, depth + 1)
        yield _text(child.tail)
    yield f"</{element.tag}>"


def _text(text: str | None) -> str:
    return html.escape(html.unescape(text)) if text else ""
