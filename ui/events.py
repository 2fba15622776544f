"""The events of a run as the API sends them: frozen values and their decoding; no I/O.

The reader ignores types it does not know and fields it does not know.
"""

import json
from dataclasses import dataclass, fields
from typing import Any, ClassVar, get_args


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run exists and is about to ask the model; `parent_id` is the question, which older logs do not tell."""

    type: ClassVar[str] = "run.started"
    run_id: str
    thread_id: str
    parent_id: str | None
    message_id: str
    model: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A further call to the model begins."""

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

    `server` has the tool and `title` is what a person knows it by, if there is such a tool.
    """

    type: ClassVar[str] = "tool_call.started"
    tool_call_id: str
    name: str
    arguments: str
    server: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallRequiresAction:
    """A person has to decide about a call until `expires_at`, in seconds since 1970.

    Beside `approval`, `kind` is of what its server asks: `questions` with `key`, `message` and `schema` or `url`.
    """

    type: ClassVar[str] = "tool_call.requires_action"
    tool_call_id: str
    kind: str
    server: str
    tool: str
    expires_at: int | float
    questions: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class ToolCallDecided:
    """A person has decided, perhaps with other `arguments`, or with a `reason` to deny."""

    type: ClassVar[str] = "tool_call.decided"
    tool_call_id: str
    decision: str
    arguments: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallProgress:
    """How far a call is."""

    type: ClassVar[str] = "tool_call.progress"
    tool_call_id: str
    progress: int | float
    total: int | float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallCompleted:
    """What a call has come to: pieces of content, and how long it took if it was made."""

    type: ClassVar[str] = "tool_call.completed"
    tool_call_id: str
    content: list[Any]
    is_error: bool
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written; `estimated` when the provider did not say."""

    type: ClassVar[str] = "usage"
    input_tokens: int
    output_tokens: int
    estimated: bool


@dataclass(frozen=True, slots=True)
class RunCompleted:
    """Terminal: the model ended the answer, for `finish_reason`."""

    type: ClassVar[str] = "run.completed"
    finish_reason: str


@dataclass(frozen=True, slots=True)
class RunFailed:
    """Terminal: no (further) answer; `message` is a sentence for a person."""

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
    """Terminal: the process that produced the answer went away."""

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


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event and its number in the log of its run; None stands for a type this page does not know."""

    seq: int
    event: Event | None


TERMINAL = (RunCompleted, RunFailed, RunCancelled, RunInterrupted)

EVENT_TYPES: dict[str, type[Event]] = {event.type: event for event in get_args(Event)}

# What `isinstance` can tell of what is written with parameters.
_KINDS: dict[Any, Any] = {list[Any]: list, list[Any] | None: list | None}
_FIELDS: dict[str, dict[str, Any]] = {
    name: {field.name: _KINDS.get(field.type, field.type) for field in fields(event)}
    for name, event in EVENT_TYPES.items()
}


def decode_event(event_type: str, text: str) -> Event | None:
    """Return the event, or None for a type this page does not know; a field that may be None may also be absent.

    Raises:
        ValueError: a known type whose data is not what the contract says.
    """
    event_class = EVENT_TYPES.get(event_type)
    if event_class is None:
        return None
    try:
        values: Any = json.loads(text)
        arguments = {name: values.get(name) for name in _FIELDS[event_type]}
    except (ValueError, AttributeError) as exc:
        raise ValueError(f"a {event_type} event that is no object") from exc
    if not all(isinstance(value, _FIELDS[event_type][name]) for name, value in arguments.items()):
        raise ValueError(f"a {event_type} event without its fields, or with others")
    return event_class(**arguments)


def is_terminal(event: Event | None) -> bool:
    """Say whether the event ends its run."""
    return isinstance(event, TERMINAL)
