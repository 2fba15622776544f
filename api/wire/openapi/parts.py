"""The parts of messages in the OpenAPI document."""

from api.wire.openapi.words import BOOLEAN, STRING, Schema, choice, listing, nullable, object_of
from api.wire.parts import CONTENT_TYPES, DECISIONS, MAX_DURATION, MAX_PIECES, TEXTS

_DURATION: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_DURATION}
_OBJECT: Schema = {"type": "object"}


def part_schema(max_chars: int | None = None) -> Schema:
    """Describe a part: with `max_chars` as it is taken, where absent fields may be null, else as it is given."""
    said = STRING if max_chars is None else {**STRING, "maxLength": max_chars}

    def part(kind: str, needed: Schema, optional: Schema | None = None) -> Schema:
        given = optional or {}
        if max_chars is not None:
            given = {name: nullable(schema) for name, schema in given.items()}
        return object_of({"type": {"const": kind}, **needed, **given}, required=("type", *needed))

    content: Schema = {**listing(content_schema()), "maxItems": MAX_PIECES}
    if max_chars is not None:
        content = {"anyOf": [content, said]}
    call = {"tool_call_id": said, "name": said, "arguments": said}
    decided = {"decision": choice(*DECISIONS), "reason": said}
    told = {"server": said, "title": said, "provider_fields": _OBJECT, **decided}
    result = {"tool_call_id": said, "content": content, "is_error": BOOLEAN}
    return {
        "oneOf": [
            part("text", {"text": said}),
            part("reasoning", {"text": said}),
            part("tool_call", call, told),
            part("tool_result", result, {"duration_ms": _DURATION}),
        ]
    }


def content_schema() -> Schema:
    """Describe a piece of what a tool answers."""
    audience = listing(choice("user", "assistant"))
    pieces = {"type": choice(*CONTENT_TYPES), "audience": audience, "value": {}, **dict.fromkeys(TEXTS, STRING)}
    return object_of(pieces, required=("type",))
