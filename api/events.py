"""The events of a run: one small closed vocabulary, no I/O, no Flask.

An event is a frozen value with a dotted `type`. A run's log numbers its events 1, 2, 3 … without gaps, and exactly one
terminal event ends it. Readers ignore types they do not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

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
class StepStarted:
    """A further call to the model begins, number `step` of the run; the first one has no such event."""

    type: ClassVar[str] = "step.started"
    step: int


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

    `server` is the MCP server that has the tool, and `title` what a person knows it by, where there is such a tool.
    `provider_fields` are what its provider wants to get back with the result: `tool_call`, of the call, and on the
    first call of a step `message`, of the step; `source` says which provider and model that is.
    """

    type: ClassVar[str] = "tool_call.started"
    tool_call_id: str
    name: str
    arguments: str
    server: str | None = None
    title: str | None = None
    provider_fields: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ToolCallRequiresAction:
    """A person has to decide about a call of a server's `tool` until `expires_at`, and the run waits for it.

    `definition_hash` is what the tool is now: a decision is about that. Beside `approval` it is what the tool's server
    asks: `questions` have `key`, `mode`, `message`, and the `schema` of a form or a `url`; `state` is the server's own.
    Where it asks within a call that is open, `held_by` is the worker that goes on with it.
    """

    type: ClassVar[str] = "tool_call.requires_action"
    tool_call_id: str
    kind: Literal["approval", "form", "url"]
    server: str
    tool: str
    expires_at: float
    definition_hash: str
    questions: Sequence[Mapping[str, Any]] | None = None
    state: str | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallDecided:
    """A person has decided: to `approve`, with other `arguments` where they were changed, or to `deny`, perhaps why.

    To `answer` is for what a server asks: `answers` have an `action` and perhaps `content` by question.
    """

    type: ClassVar[str] = "tool_call.decided"
    tool_call_id: str
    decision: Literal["approve", "deny", "answer"]
    arguments: str | None = None
    reason: str | None = None
    answers: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class ToolCallProgress:
    """How far a call is, of `total` where the tool knows; at most two a second."""

    type: ClassVar[str] = "tool_call.progress"
    tool_call_id: str
    progress: float
    total: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallCompleted:
    """What a call has come to; `content` as `api.tool_calls` says, `duration_ms` where it was made."""

    type: ClassVar[str] = "tool_call.completed"
    tool_call_id: str
    content: Sequence[Mapping[str, Any]]
    is_error: bool
    duration_ms: int | None = None


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
    | StepStarted
    | ReasoningDelta
    | MessageDelta
    | ToolCallStarted
    | ToolCallRequiresAction
    | ToolCallDecided
    | ToolCallProgress
    | ToolCallCompleted
    | Usage
    | RunCompleted
    | RunFailed
    | RunCancelled
    | RunInterrupted
)

_KINDS: dict[str, type[Event]] = {kind.type: kind for kind in get_args(Event)}

TerminalEvent = RunCompleted | RunFailed | RunCancelled | RunInterrupted
TERMINAL = get_args(TerminalEvent)
WITH_OPTIONAL = (
    ToolCallStarted,
    ToolCallRequiresAction,
    ToolCallDecided,
    ToolCallProgress,
    ToolCallCompleted,
    Usage,
)

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
    if isinstance(event, WITH_OPTIONAL):
        fields = {field: getattr(event, field) for field in event.__slots__}
        return orjson.dumps({name: value for name, value in fields.items() if value is not None})
    return orjson.dumps(event)
