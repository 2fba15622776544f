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

# What is decoded in one call holds others up for 20 ms at most; an answer in one piece has far fewer values.
SMALL_BYTES = 200_000
MAX_VALUES = 100_000
MAX_LINES = 1000
MAX_NESTED = 6
MAX_TOKENS = 2**31 - 1
MAX_WORD = 64
_TEXT_KEYS = ("text", "thinking", "summary", "content", "reasoning")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HELD = re.compile("(?:[\ud800-\udbff]|[\udc80-\udcff]{1,3})\\Z")
_BYTES = re.compile("[\udc80-\udcff]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_LONE = re.compile("[\ud800-\udfff]")


def chunks_of(payload: bytes) -> list[Any]:
    """Return the JSON values of an event; of several lines that are no value together, those of each line.

    An event with more values than any answer has is one that is not understood.
    """
    is_small = len(payload) <= SMALL_BYTES
    if not is_small and sum(map(payload.count, (b",", b"[", b"{"))) > MAX_VALUES:
        return []
    try:
        return [orjson.loads(payload)]
    except orjson.JSONDecodeError:
        if not is_small:
            return []
    found = []
    text = payload.decode("utf-8", "surrogateescape")
    for part in (text, *(text.split("\n", MAX_LINES)[:MAX_LINES] if "\n" in text else ())):
        try:
            found.append(json.loads(part))
        except (ValueError, RecursionError):
            continue
        if part is text:
            break
    return found


def names_of(listed: bytes) -> tuple[str, ...] | None:
    """Return the names in a list of models, or None where it is none."""
    try:
        return tuple(str(model["id"]) for model in chunks_of(listed)[0]["data"])
    except (LookupError, TypeError):
        return None


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
    if counts == (None, None):
        return None
    of_prompt, of_answer = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    cached = of_prompt.get("cached_tokens") if isinstance(of_prompt, Mapping) else usage.get("prompt_cache_hit_tokens")
    thought = of_answer.get("reasoning_tokens") if isinstance(of_answer, Mapping) else usage.get("reasoning_tokens")
    told = {"cached_tokens": _count(cached), "reasoning_tokens": _count(thought)}
    return Usage(counts[0] or 0, counts[1] or 0, estimated=False, **told)


def word_of(value: object) -> str | None:
    """Return a short word that can be shown, or None for what is none."""
    return whole(_UNPRINTABLE.sub("", value[:MAX_WORD])) or None if isinstance(value, str) else None


def encoded(value: object) -> bytes:
    """Return a value as JSON, and nothing for one that cannot be: with half a character, or nested very deep."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b""


def whole(text: str) -> str:
    """Return a text whose end is there, with its halves of characters joined or replaced."""
    if _is_whole(text):
        return text
    halves = Halves()
    return halves.join(text) + halves.flush()


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


class PromptProgress:
    """How much of a long prompt has been read, which is life as long as it grows (llama.cpp)."""

    def __init__(self) -> None:
        self._processed = 0

    def has_grown(self, chunk: Mapping[str, Any]) -> bool:
        """Say whether a chunk tells of more than those before it."""
        progress = chunk.get("prompt_progress")
        processed = progress.get("processed") if isinstance(progress, dict) else None
        if not isinstance(processed, int) or processed <= self._processed:
            return False
        self._processed = processed
        return True


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
