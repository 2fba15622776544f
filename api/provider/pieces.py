"""What the pieces of an answer hold, whatever shape a provider gives them: text, usage, words; pure, no failure.

What is not understood is no reason to lose what is: every reader returns nothing for it.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import orjson

from api.events import Usage

MAX_NESTED = 6
MAX_TOKENS = 2**31 - 1
MAX_WORD = 64
_TEXT_KEYS = ("text", "thinking", "summary", "content", "reasoning")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HELD = re.compile("(?:[\ud800-\udbff]|[\udc80-\udcff]{1,3})\\Z")
_BYTES = re.compile("[\udc80-\udcff]+")
_LONE = re.compile("[\ud800-\udfff]")


def chunks_of(payload: bytes) -> list[Any]:
    """Return the JSON values of an event; of several lines that are no value together, those of each line."""
    try:
        return [orjson.loads(payload)]
    except orjson.JSONDecodeError:
        pass
    found = []
    text = payload.decode("utf-8", "surrogateescape")
    for part in (text, *(text.split("\n") if "\n" in text else ())):
        try:
            found.append(json.loads(part))
        except (ValueError, RecursionError):
            continue
        if part is text:
            break
    return found


def text_of(value: object, nested: int = 0) -> str:
    """Return the text in a string, in a list of parts, or in the part that has one."""
    if isinstance(value, str):
        return value
    if nested > MAX_NESTED:
        return ""
    if isinstance(value, list):
        return "".join(text_of(part, nested + 1) for part in value)
    if isinstance(value, Mapping):
        return next((text_of(value[key], nested + 1) for key in _TEXT_KEYS if value.get(key)), "")
    return ""


def split_content(content: object) -> tuple[str, str]:
    """Return reasoning and text of a message's content, which is a string or a list of typed parts."""
    if not isinstance(content, list):
        return "", text_of(content)
    thoughts = [part for part in content if isinstance(part, Mapping) and part.get("type") in {"thinking", "reasoning"}]
    return text_of(thoughts), text_of([part for part in content if part not in thoughts])


def reasoning_of(delta: Mapping[str, Any]) -> str:
    """Return the reasoning of a delta under whichever name it comes; under several it is the same."""
    for name in ("reasoning_content", "reasoning", "reasoning_details"):
        if text := text_of(delta.get(name)):
            return text
    return ""


def usage_of(usage: object) -> Usage | None:
    """Return the tokens that a provider counted, each from 0 to 2^31 - 1, or None where it counted none."""
    if not isinstance(usage, Mapping):
        return None
    counts = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return None if counts == (None, None) else Usage(counts[0] or 0, counts[1] or 0, estimated=False)


def word_of(value: object) -> str | None:
    """Return a short word, or None for what is none."""
    return value[:MAX_WORD] if isinstance(value, str) and value else None


class Halves:
    """Joins characters that come in two halves, as surrogates or as bytes; what stays alone becomes U+FFFD."""

    def __init__(self) -> None:
        self._held = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for its other half."""
        return not self._held

    def join(self, text: str) -> str:
        """Return what is whole of the text; an open half at its end waits for the next."""
        if not self._held and _is_whole(text):
            return text
        text = _PAIR.sub(_paired, self._held + text)
        found = _HELD.search(text)
        self._held = found[0] if found and not _is_whole_bytes(found[0]) else ""
        return _replaced(text[: len(text) - len(self._held)])

    def flush(self) -> str:
        """Return what has waited in vain."""
        held, self._held = self._held, ""
        return _replaced(held)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return None if not math.isfinite(number) else int(min(max(number, 0), MAX_TOKENS))


def _is_whole(text: str) -> bool:
    return text.isascii() or not _LONE.search(text)


def _paired(found: re.Match[str]) -> str:
    return found[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _is_whole_bytes(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape").decode()
    except UnicodeError:
        return False
    return True


def _replaced(text: str) -> str:
    text = _BYTES.sub(lambda run: run[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace"), text)
    return _LONE.sub("\ufffd", text)
