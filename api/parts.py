"""The typed parts of a message: values, their JSON, and how a run's events become them. No I/O, no Flask.

A message's parts are the fold of its run's events: the producer and whoever rebuilds an answer from the log get
the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson


@dataclass(frozen=True, slots=True)
class TextPart:
    """Text a person reads."""

    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What the model thought aloud."""

    text: str
    type: Literal["reasoning"] = "reasoning"


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """The model's request to call a tool; `arguments` is the JSON text it wrote, for the rest see the event."""

    tool_call_id: str
    name: str
    arguments: str
    provider_fields: Mapping[str, object] | None = None
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """A tool's answer."""

    tool_call_id: str
    content: str
    is_error: bool
    type: Literal["tool_result"] = "tool_result"


Part = TextPart | ReasoningPart | ToolCallPart | ToolResultPart

KINDS: dict[str, type[Part]] = {
    "text": TextPart,
    "reasoning": ReasoningPart,
    "tool_call": ToolCallPart,
    "tool_result": ToolResultPart,
}
EVENT_KINDS: dict[str, type[Part]] = {
    "message.delta": TextPart,
    "reasoning.delta": ReasoningPart,
    "tool_call.started": ToolCallPart,
    "tool_call.completed": ToolResultPart,
}


def encode_parts(parts: Sequence[Part]) -> str:
    """Encode parts as one line of JSON."""
    return orjson.dumps([_without_absent(part) for part in parts]).decode()


def decode_parts(encoded: str | bytes) -> tuple[Part, ...]:
    """Decode what `encode_parts` made."""
    return tuple(KINDS[fields["type"]](**fields) for fields in orjson.loads(encoded))


def _without_absent(part: Part) -> object:
    if not isinstance(part, ToolCallPart) or part.provider_fields is not None:
        return part
    return {name: getattr(part, name) for name in part.__slots__ if name != "provider_fields"}


def text_of(parts: Iterable[Part]) -> str:
    """Return the text a person reads, without reasoning and tools."""
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def fold_events(events: Iterable[tuple[str, bytes]], parts: Sequence[Part] = ()) -> tuple[Part, ...]:
    """Append the events of a run, as pairs of type and JSON, to the parts its message began with."""
    folded = list(parts)
    pieces: list[str] = []

    def close_piece() -> None:
        if pieces and isinstance(folded[-1], TextPart | ReasoningPart):
            folded[-1] = replace(folded[-1], text=folded[-1].text + "".join(pieces))
            pieces.clear()

    for event_type, fields in events:
        kind = EVENT_KINDS.get(event_type)
        if kind is None:
            continue
        values: dict[str, Any] = orjson.loads(fields)
        if kind in (TextPart, ReasoningPart):
            if not folded or type(folded[-1]) is not kind:
                close_piece()
                folded.append(kind(text=""))
            pieces.append(values["text"])
        else:
            close_piece()
            folded.append(kind(**values))
    close_piece()
    return tuple(folded)
