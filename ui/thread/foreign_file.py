"""What a file is that is no chat exported here, in words for the person who chose it: pure."""

import json
import re
from collections.abc import Callable
from typing import Any

from ui import texts

_HEAD_BYTES = 4096
_SIGNATURES = (
    (b"PK\x03\x04", texts.FILE_ZIP),
    (b"PK\x05\x06", texts.FILE_ZIP),
    (b"\x1f\x8b", texts.FILE_ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", texts.FILE_ARCHIVE),
    (b"Rar!\x1a\x07", texts.FILE_ARCHIVE),
    (b"BZh", texts.FILE_ARCHIVE),
    (b"\xfd7zXZ\x00", texts.FILE_ARCHIVE),
    (b"\x28\xb5\x2f\xfd", texts.FILE_ARCHIVE),
    (b"\x89PNG\r\n\x1a\n", texts.FILE_IMAGE),
    (b"\xff\xd8\xff", texts.FILE_IMAGE),
    (b"GIF8", texts.FILE_IMAGE),
    (b"BM", texts.FILE_IMAGE),
    (b"II*\x00", texts.FILE_IMAGE),
    (b"MM\x00*", texts.FILE_IMAGE),
    (b"%PDF-", texts.FILE_PDF),
    (b"SQLite format 3\x00", texts.FILE_DATABASE),
)
_BRANDS = {b"heic": texts.FILE_IMAGE, b"heix": texts.FILE_IMAGE, b"mif1": texts.FILE_IMAGE, b"avif": texts.FILE_IMAGE}
_SAYS = "|".join(map(re.escape, (*texts.EXPORT_SAYS.values(), texts.SYSTEM_PROMPT)))
_OWN_MARKDOWN = re.compile(rf"\ufeff?# .*\s+## (?:{_SAYS})\s*$", re.MULTILINE)
_IMAGE_TEXT = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]", re.DOTALL | re.I)
_PAGE_TEXT = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html)[\s>]", re.DOTALL | re.IGNORECASE)


def kind_of_bytes(content: bytes) -> str | None:
    """Say what a file is that is no JSON by its first bytes; None where they do not say."""
    head = content[:_HEAD_BYTES]
    if not content.strip():
        return texts.FILE_EMPTY
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], texts.FILE_MEDIA)
    if head.startswith(b"RIFF"):
        return texts.FILE_IMAGE if head[8:12] == b"WEBP" else texts.FILE_MEDIA
    text = head.decode("utf-8", "replace")
    for pattern, kind in ((_OWN_MARKDOWN, texts.FILE_MARKDOWN), (_IMAGE_TEXT, texts.FILE_IMAGE)):
        if pattern.match(text):
            return kind
    return texts.FILE_PAGE if _PAGE_TEXT.match(text) else None


def place_of(error: Exception) -> str:
    """Say where a file stops being JSON."""
    if not isinstance(error, json.JSONDecodeError):
        return texts.NOT_JSON
    if error.msg == "Extra data" and error.lineno > 1 and error.colno == 1:
        return texts.NOT_JSON_LINES
    if not error.doc[error.pos :].strip():
        return texts.NOT_JSON_CUT.format(line=error.lineno)
    return texts.NOT_JSON_FROM.format(line=error.lineno, column=error.colno)


def source_of(value: object) -> str | None:
    """Name the program that wrote this JSON; None where it is none that is known."""
    chat = next((entry for entry in value if isinstance(entry, dict)), None) if isinstance(value, list) else value
    if not isinstance(chat, dict):
        return None
    return next((name for name, is_its in _SOURCES if is_its(chat)), None)


def _has(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda chat: all(name in chat for name in names)


def _first(value: object) -> dict[str, Any]:
    """Return the first entry of a list or an object, if it is an object."""
    values = value if isinstance(value, list) else [*value.values()] if isinstance(value, dict) else []
    return values[0] if values and isinstance(values[0], dict) else {}


def _is_open_webui(chat: dict[str, Any]) -> bool:
    inner = chat.get("chat", chat)
    if not isinstance(inner, dict):
        return False
    history = inner.get("history")
    return (isinstance(history, dict) and "messages" in history) or ("chat" in chat and "messages" in inner)


def _is_librechat(chat: dict[str, Any]) -> bool:
    return "messages" in chat and ("conversationId" in chat or _has("messageId", "text")(_first(chat["messages"])))


def _is_request(chat: dict[str, Any]) -> bool:
    message = _first(chat["messages"]) if "messages" in chat else chat
    return _has("role", "content")(message) and "parts" not in message


_SOURCES: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("ChatGPT", lambda chat: isinstance(chat.get("mapping"), dict)),
    ("Claude", lambda chat: isinstance(chat.get("chat_messages"), list)),
    ("Open WebUI", _is_open_webui),
    ("LibreChat", _is_librechat),
    ("Gemini", lambda chat: "Gemini" in str(chat.get("header", "")) or "Bard" in str(chat.get("header", ""))),
    ("Chatbot UI", _has("history", "folders", "prompts")),
    ("TypingMind", lambda chat: isinstance(chat.get("data"), dict) and "chats" in chat["data"]),
    (texts.SOURCE_REQUEST, _is_request),
)
