"""The parts of messages that are imported, checked: no I/O, no Flask."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from api.config import Config
from api.errors import BadRequest
from api.parts import KINDS, Part, part_of
from api.wire.fields import Body, check_text

MAX_CONTENT_CHARS = 10_000_000  # A result with a picture of 6 MB, as tools may answer.
MAX_PIECES = 200
MAX_DURATION = 10**12
DECISIONS = ("approve", "deny")
CONTENT_TYPES = ("text", "image", "audio", "resource", "resource_link", "structured")
TEXTS = ("text", "data", "mime_type", "uri", "name", "title", "description")

Check = Callable[[object, str, Config], Any]


def parse_part(value: object, where: str, config: Config) -> Part:
    """Check a part of an imported message; what it has beyond its kind is left out.

    Raises:
        BadRequest: A field is wrong; the text names it.
    """
    given: Body = value if isinstance(value, dict) else {}
    kind = str(given.get("type"))
    if kind not in KINDS:
        raise BadRequest(f"{where} has to have a type of {', '.join(KINDS)}.")
    fields: Body = {"type": kind}
    for name, check in _NEEDED[kind].items():
        fields[name] = check(given.get(name), f"{where}.{name}", config)
    for name, check in _OPTIONAL.get(kind, {}).items():
        if given.get(name) is not None:
            fields[name] = check(given[name], f"{where}.{name}", config)
    return part_of(fields)


def _text(value: object, where: str, config: Config) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{where} is missing or of the wrong kind.")
    return check_text(value, where, config.max_answer_chars)


def _boolean(value: object, where: str, _config: Config) -> bool:
    if not isinstance(value, bool):
        raise BadRequest(f"{where} is missing or of the wrong kind.")
    return value


def _decision(value: object, where: str, _config: Config) -> str:
    if value not in DECISIONS:
        raise BadRequest(f"{where} has to be one of {', '.join(DECISIONS)}.")
    return str(value)


def _duration(value: object, where: str, _config: Config) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_DURATION:
        raise BadRequest(f"{where} is of the wrong kind.")
    return int(value)


def _object(value: object, where: str, config: Config) -> Body:
    if not isinstance(value, dict) or _size(value) > config.max_answer_chars:
        raise BadRequest(f"{where} has to be an object, not a very deep or large one.")
    return value


def _content(value: object, where: str, config: Config) -> object:
    """Check the content of a result: a text, as older exports have it, or pieces as `api.tool_calls` describes them."""
    if isinstance(value, str):
        return _text(value, where, config)
    if not isinstance(value, list) or len(value) > MAX_PIECES:
        raise BadRequest(f"{where} has to be a list of at most {MAX_PIECES} objects.")
    if _size(value) > MAX_CONTENT_CHARS:
        raise BadRequest(f"{where} is too deep or too long; at most {MAX_CONTENT_CHARS} characters are allowed.")
    return [_piece(piece, f"{where}[{number}]") for number, piece in enumerate(value)]


def _piece(value: object, where: str) -> Mapping[str, object]:
    given: Body = value if isinstance(value, dict) else {}
    kind = given.get("type")
    if kind not in CONTENT_TYPES:
        raise BadRequest(f"{where} has to have a type of {', '.join(CONTENT_TYPES)}.")
    piece: Body = {"type": kind}
    for name in TEXTS:
        if (said := given.get(name)) is not None:
            if not isinstance(said, str):
                raise BadRequest(f"{where}.{name} has to be a text.")
            piece[name] = said
    if isinstance(audience := given.get("audience"), list):
        piece["audience"] = [who for who in ("user", "assistant") if who in audience]
    return {**piece, "value": given.get("value")} if kind == "structured" else piece


def _size(value: object) -> int:
    try:
        return len(orjson.dumps(value))
    except orjson.JSONEncodeError:
        return MAX_CONTENT_CHARS + 1


_NEEDED: Mapping[str, Mapping[str, Check]] = {
    "text": {"text": _text},
    "reasoning": {"text": _text},
    "tool_call": {"tool_call_id": _text, "name": _text, "arguments": _text},
    "tool_result": {"tool_call_id": _text, "content": _content, "is_error": _boolean},
}
_OPTIONAL: Mapping[str, Mapping[str, Check]] = {
    "tool_call": {
        "server": _text,
        "title": _text,
        "provider_fields": _object,
        "decision": _decision,
        "reason": _text,
    },
    "tool_result": {"duration_ms": _duration},
}
