"""TeX to MathML Core that holds presentation elements only; what cannot be converted is shown as its source."""

import html
import re
from collections.abc import Iterator
from functools import cache
from xml.etree.ElementTree import Element, ParseError, fromstring

from math_core import LatexError, LatexToMathML

from ui.markdown import tex
from ui.markdown.links import attribute


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_SOURCE = 2000
MAX_NESTED = 100
MAX_DEPTH = 60
TAGS = _words(
    """math mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext
    mtr munder munderover mmultiscripts mprescripts none"""
)
ATTRIBUTES = _words(
    """accent accentunder class depth display displaystyle fence form height lspace linethickness mathcolor mathvariant
    maxsize minsize movablelimits rowspacing rspace scriptlevel separator stretchy symmetric voffset width"""
)
CLASSES = {
    "text-align:left": "m-left",
    "text-align:right": "m-right",
    "padding-left:0": "m-joined",
    "padding-left:1em": "m-apart",
    "padding-right:0": "m-close",
    "border-top:0.05em solid currentcolor": "m-top",
    "border-right:0.05em solid currentcolor": "m-after",
    "border-bottom:0.05em solid currentcolor": "m-bottom",
    "border-left:0.05em solid currentcolor": "m-before",
    "margin-left:-0.16666667em": "m-back",
}
ENCLOSED = {
    "box": "m-box",
    "updiagonalstrike": "m-up",
    "downdiagonalstrike": "m-down",
    "updiagonalstrike downdiagonalstrike": "m-up m-down",
    "horizontalstrike": "m-through",
}
_WORDS_IN = {"b": "m-bold", "i": "m-italic", "code": "m-code"}
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;|#)\w+;")
_WIDTH = re.compile(r"width:(-?[\d.]+(?:rem|em|ex|px))")
_COLOUR = re.compile(r"color:(#[0-9A-Fa-f]{6})")


def formula(source: str, *, is_display: bool) -> str:
    """Return the formula as MathML, or its source as code."""
    try:
        if len(source) > MAX_SOURCE or source.count("{") + source.count("\\left") > MAX_NESTED or not source.strip():
            raise ValueError("too long to convert, or nothing")
        markup = _converter().convert_with_local_state(tex.known(source.strip()), displaystyle=is_display)
        markup = _ENTITY.sub(lambda name: html.unescape(name[0]), markup)
        element = fromstring(markup)  # noqa: S314 - the converter's own output, of 2,000 characters at most
        if not "".join(element.itertext()).strip():
            raise ValueError("nothing to see")
        element.set("display", "block" if is_display else "inline")
        return "".join(_serialized(element, 0))
    except (LatexError, ParseError, ValueError):
        return f"<code class=tex>{html.escape(source)}</code>"


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(macros=tex.MACROS, fancy_error=False, max_expansions=200)


def _serialized(element: Element, depth: int) -> Iterator[str]:
    tag, attributes = element.tag, dict(element.items())
    if tag == "menclose":
        tag, attributes = "mrow", {"class": ENCLOSED.get(attributes.get("notation", ""), "")}
        if not attributes["class"]:
            raise ValueError("no known enclosure")
    elif attributes.pop("class", ""):
        return  # The stroke that the converter's own style sheet would draw.
    if tag == "mtext" and len(element) == 1 and not element.text and element[0].tag in _WORDS_IN:
        attributes["class"] = _WORDS_IN[element[0].tag]
        element = element[0]
    if tag not in TAGS or depth > MAX_DEPTH:
        raise ValueError("not presentation MathML")
    attributes |= _style(attributes.pop("style", ""))
    shown = (f" {name}={attribute(value)}" for name, value in attributes.items() if name in ATTRIBUTES)
    yield f"<{tag}{''.join(shown)}>{html.escape(element.text or '')}"
    for child in element:
        yield from _serialized(child, depth + 1)
        yield html.escape(child.tail or "")
    yield f"</{tag}>"


def _style(style: str) -> dict[str, str]:
    """Return the attributes that say what an inline style says."""
    found: dict[str, str] = {}
    declarations = [":".join(map(str.strip, declaration.split(":", 1))) for declaration in style.split(";")]
    if classes := [CLASSES[each] for each in declarations if each in CLASSES]:
        found["class"] = " ".join(classes)
    for declaration in declarations:
        if width := _WIDTH.fullmatch(declaration):
            found["width"] = width[1]
        if colour := _COLOUR.fullmatch(declaration):
            found["mathcolor"] = colour[1]
    return found
