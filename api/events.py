"""The events of a run: one small closed vocabulary, no I/O, no Flask.

An event is a frozen value with a dotted `type`. A run's log numbers its events 1, 2, 3 … without gaps, and exactly one
terminal event ends it. Readers ignore types they do not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

import orjson


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run exists and is about to ask the model; `parent_id` is the question, None where it is not stored."""

    type: ClassVar[str] = "run.started"
    run_id: str
    thread_id: str
    parent_id: str | None
    message_id: str
    model: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Text the model thinks aloud, appended to the reasoning so far."""

    type: ClassVar[str] = "reasoning.delta"
    text: str


@dataclass(frozen=True, slots=True)
class MessageDelta:
    """Text appended to the answer so far."""

    type: ClassVar[str] = "message.delta"
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """The model's complete request to call a tool; `arguments` is the JSON text it wrote.

    `provider_fields` are what its provider wants to get back with the result: `tool_call`, of the call, and on the
    first call of an answer `message`, of the answer.
    """

    type: ClassVar[str] = "tool_call.started"
    tool_call_id: str
    name: str
    arguments: str
    provider_fields: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written, and how many of them came from its cache and were thoughts, where the provider says so.

    `estimated` when it did not say anything.
    """

    type: ClassVar[str] = "usage"
    input_tokens: int
    output_tokens: int
    estimated: bool
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class RunCompleted:
    """Terminal: the model ended the answer, for `finish_reason` (`stop`, `length`, `tool_calls`, `content_filter`)."""

    type: ClassVar[str] = "run.completed"
    finish_reason: str


@dataclass(frozen=True, slots=True)
class RunFailed:
    """Terminal: no (further) answer; `code` is one of those in `api.errors`, `message` a sentence for a person."""

    type: ClassVar[str] = "run.failed"
    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """Terminal: somebody asked for the end."""

    type: ClassVar[str] = "run.cancelled"


@dataclass(frozen=True, slots=True)
class RunInterrupted:
    """Terminal: the process that produced the answer went away; the text so far is kept."""

    type: ClassVar[str] = "run.interrupted"
    code: str
    message: str
    retryable: bool


Event = (
    RunStarted
    | ReasoningDelta
    | MessageDelta
    | ToolCallStarted
    | Usage
    | RunCompleted
    | RunFailed
    | RunCancelled
    | RunInterrupted
)

_KINDS: dict[str, type[Event]] = {kind.type: kind for kind in get_args(Event)}

TerminalEvent = RunCompleted | RunFailed | RunCancelled | RunInterrupted
TERMINAL = get_args(TerminalEvent)

# What events of older logs lack.
_DEFAULTS: dict[str, dict[str, None]] = {RunStarted.type: {"parent_id": None}}


def is_terminal(event: Event) -> bool:
    """Say whether the event ends its run."""
    return isinstance(event, TERMINAL)


def from_json(event_type: str, fields: bytes) -> Event:
    """Decode what `to_json` made.

    Raises:
        KeyError: The type is not of the vocabulary.
    """
    return _KINDS[event_type](**_DEFAULTS.get(event_type, {}) | orjson.loads(fields))


def to_json(event: Event) -> bytes:
    """Encode the event's fields as one line of JSON, the form that is sent and stored, without optional ones."""
    if isinstance(event, ToolCallStarted | Usage):
        fields = {field: getattr(event, field) for field in event.__slots__}
        return orjson.dumps({name: value for name, value in fields.items() if value is not None})
    return orjson.dumps(event)
