"""The typed parts of a message: values, their JSON, and how a run's events become them. No I/O, no Flask.

A message's parts are the fold of its run's events: the producer and whoever rebuilds an answer from the log get
the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from api.tool_calls import Content, text_of_content


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
    """A request to call a tool: `arguments` is the JSON the model wrote, or a person instead; the rest as the event.

    `decision` is `approve` or `deny` where a person was asked, `reason` why it was denied.
    """

    tool_call_id: str
    name: str
    arguments: str
    server: str | None = None
    title: str | None = None
    provider_fields: Mapping[str, object] | None = None
    decision: str | None = None
    reason: str | None = None
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """A tool's answer, or what a model is told instead; `content` as `api.tool_calls` says."""

    tool_call_id: str
    content: Sequence[Content]
    is_error: bool
    duration_ms: int | None = None
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
    return tuple(map(part_of, orjson.loads(encoded)))


def part_of(fields: Mapping[str, Any]) -> Part:
    """Make a part of its fields; the results of older exports are texts."""
    if fields["type"] == "tool_result" and isinstance(fields["content"], str):
        fields = {**fields, "content": [{"type": "text", "text": fields["content"]}]}
    return KINDS[fields["type"]](**fields)


def _without_absent(part: Part) -> object:
    if not isinstance(part, ToolCallPart | ToolResultPart):
        return part
    return {name: value for name in part.__slots__ if (value := getattr(part, name)) is not None}


def text_of(parts: Iterable[Part]) -> str:
    """Return the text a person reads, without reasoning and tools."""
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def search_text_of(parts: Iterable[Part]) -> str:
    """Return the text that a message is found by: what a person reads, and what tools have answered."""
    said = []
    for part in parts:
        if isinstance(part, TextPart):
            said.append(part.text)
        elif isinstance(part, ToolResultPart):
            said.append(f"\n{text_of_content(part.content)}\n")
    return "".join(said)


def fold_events(events: Iterable[tuple[str, bytes]], parts: Sequence[Part] = ()) -> tuple[Part, ...]:
    """Append the events of a run, as pairs of type and JSON, to the parts its message began with."""
    folded = list(parts)
    pieces: list[str] = []
    kinds_asked: dict[str, str] = {}

    def close_piece() -> None:
        if pieces and isinstance(folded[-1], TextPart | ReasoningPart):
            folded[-1] = replace(folded[-1], text=folded[-1].text + "".join(pieces))
            pieces.clear()

    for event_type, fields in events:
        if event_type in ("tool_call.requires_action", "tool_call.decided"):
            _note_decision(folded, kinds_asked, orjson.loads(fields))
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


def _note_decision(folded: list[Part], kinds_asked: dict[str, str], event: Mapping[str, Any]) -> None:
    """Let a call say what a person has decided, with the arguments approved instead of the model's."""
    tool_call_id, decision = event["tool_call_id"], event.get("decision")
    if decision is None:
        kinds_asked[tool_call_id] = event["kind"]
        return
    for at, part in enumerate(folded):
        if isinstance(part, ToolCallPart) and part.tool_call_id == tool_call_id:
            is_approval = kinds_asked.get(tool_call_id) == "approval"
            decided = {"decision": decision, "reason": event.get("reason")} if is_approval else {}
            folded[at] = replace(part, arguments=event.get("arguments") or part.arguments, **decided)
