"""What a tool has answered, on the page: everything is text but pictures and sounds, and nothing is fetched."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from ui import texts
from ui.elements.tag import PlainButton, Tag, add_icon
from ui.parts import ToolResult

MAX_PIECES = 50
MAX_TEXT_CHARACTERS = 20_000
MAX_DATA_CHARACTERS = 2_000_000  # of base64: 1.5 MB
MAX_PRETTY_CHARACTERS = 20_000
MAX_PRETTY_LEVELS = 200
MAX_NODES = 150
MAX_DEPTH = 8
# Kinds that a browser decodes and that run nothing.
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
# The URI, where to show what it holds, and where to say why that is not known.
OnRead = Callable[[str, Callable[[ToolResult], None], Callable[[str], None]], Any]
SOUNDS = ("audio/mpeg", "audio/wav", "audio/ogg", "audio/mp4", "audio/webm")


def show_result(result: ToolResult, on_read: OnRead) -> None:
    """Show a result in the element that is open; what it links to is read when somebody asks for it."""
    shown = [piece for piece in result.content if isinstance(piece, dict) and "user" in _audience(piece)]
    has_text = any(piece.get("type") == "text" for piece in shown)
    for piece in shown[:MAX_PIECES]:
        _show_piece(piece, on_read, has_text=has_text)
    if len(shown) > MAX_PIECES:
        Tag("p", texts.TOOL_MORE.format(count=len(shown) - MAX_PIECES))
    if not shown:
        Tag("p", texts.TOOL_NOTHING)


def show_text(text: str) -> None:
    """Show text as it is, of a long one the beginning."""
    Tag("pre", text[:MAX_TEXT_CHARACTERS], "tool-text").props("dir=auto tabindex=0")
    if len(text) > MAX_TEXT_CHARACTERS:
        Tag("p", texts.TOOL_CUT.format(count=f"{len(text) - MAX_TEXT_CHARACTERS:,}"))


def pretty(arguments: str) -> str:
    """Return JSON as a person reads it; what is none, or so long or deep that it would grow without end, as it is."""
    if len(arguments) > MAX_PRETTY_CHARACTERS or arguments.count("[") + arguments.count("{") > MAX_PRETTY_LEVELS:
        return arguments
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return arguments


def _audience(piece: Mapping[str, Any]) -> Sequence[Any]:
    audience = piece.get("audience")
    return audience if isinstance(audience, list) and audience else ("user",)


def _show_piece(piece: Mapping[str, Any], on_read: OnRead, *, has_text: bool) -> None:
    kind, uri = piece.get("type"), _text(piece, "uri")
    if kind == "text":
        show_text(_text(piece, "text"))
    elif kind in ("image", "audio"):
        _show_data(str(kind), _text(piece, "mime_type").lower(), "".join(_text(piece, "data").split()))
    elif kind == "resource_link":
        _show_link(_text(piece, "title") or _text(piece, "name") or uri, uri)
        if description := _text(piece, "description"):
            Tag("p", description).props("dir=auto")
        if uri:
            _offer_reading(uri, on_read)
    elif kind == "resource":
        Tag("p", uri, "tool-uri")
        if text := _text(piece, "text"):
            show_text(text)
        else:
            _show_data("image", _text(piece, "mime_type").lower(), _text(piece, "data"))
    elif kind == "structured":
        with Tag("details" if has_text else "div", classes="tool-tree"):
            if has_text:
                with Tag("summary", texts.TOOL_STRUCTURED):
                    add_icon("down")
            _show_tree(piece.get("value"))


def _show_data(kind: str, mime_type: str, data: str) -> None:
    if mime_type not in (IMAGES if kind == "image" else SOUNDS) or not data:
        Tag("p", texts.TOOL_FILE.format(kind=mime_type or kind))
    elif len(data) > MAX_DATA_CHARACTERS or not _is_base64(data):
        Tag("p", texts.TOOL_FILE_LARGE.format(kind=mime_type))
    else:
        shown = Tag("img" if kind == "image" else "audio", classes=f"tool-{kind}")
        shown.props["src"] = f"data:{mime_type};base64,{data}"
        shown.props["alt" if kind == "image" else "controls"] = texts.TOOL_IMAGE if kind == "image" else True


def _show_link(name: str, uri: str) -> None:
    """Show a link to where a browser goes, of other addresses the text."""
    try:
        parts = urlsplit(uri)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if is_web:
        link = Tag("a", name, "tool-link").props('target="_blank" rel="noopener noreferrer" dir=auto')
        link.props["href"] = link.props["title"] = uri
    else:
        Tag("p", name if name == uri else f"{name} ({uri})", "tool-uri").props("dir=auto")


def _offer_reading(uri: str, on_read: OnRead) -> None:
    """Offer to read a resource, which is shown below, once."""

    def show(result: ToolResult) -> None:
        if not place.is_deleted:
            place.clear()
            with place:
                # It may name others, each a click of its own.
                show_result(result, on_read)
            status.set_text(texts.RESOURCE_SHOWN)

    def say(sentence: str) -> None:
        if not place.is_deleted:
            button.enable(is_enabled=True)
            place.clear()
            with place:
                Tag("p", sentence).props("role=alert dir=auto")

    def read() -> None:
        button.enable(is_enabled=False)
        on_read(uri, show, say)

    button = PlainButton(read, text=texts.READ).mark("read-resource")
    # A live region with the resource in it would read a whole file aloud.
    status = Tag("p", classes="sr-only").props("role=status")
    place = Tag("div", classes="tool-resource")


def _show_tree(value: object) -> None:
    nodes = [MAX_NODES]
    with Tag("ul"):
        _show_node("", value, nodes, 0)
    if nodes[0] <= 0:
        Tag("p", texts.TOOL_TREE_CUT)


def _show_node(name: str, value: object, nodes: list[int], depth: int) -> None:
    nodes[0] -= 1
    if nodes[0] < 0:
        return
    with Tag("li"):
        if name:
            Tag("span", name, "tool-key").props("dir=auto")
        children = [*islice(_children(value), max(0, nodes[0]) + 1)] if depth < MAX_DEPTH else []
        if not children:
            said = value if isinstance(value, str) else _leaf(value)
            Tag("span", said[:MAX_TEXT_CHARACTERS], "tool-value").props("dir=auto")
            return
        with Tag("ul"):
            for key, child in children:
                _show_node(key, child, nodes, depth + 1)


def _leaf(value: object) -> str:
    is_cut = isinstance(value, dict | list) and len(value) > 0
    return texts.TOOL_ENTRIES.format(count=len(value)) if is_cut else json.dumps(value, ensure_ascii=False)  # type: ignore[arg-type]


def _children(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((str(key), child) for key, child in value.items())
    elif isinstance(value, list):
        yield from ((str(at), child) for at, child in enumerate(value, start=1))


def _is_base64(data: str) -> bool:
    try:
        return bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False


def _text(piece: Mapping[str, Any], name: str) -> str:
    value = piece.get(name)
    return value if isinstance(value, str) else ""
