"""Tokens of a run: what the provider has told of its steps, and an estimate of what it has not."""

from collections.abc import Iterable

from api.events import Event, MessageDelta, ReasoningDelta, StepStarted, Usage
from api.hub import in_turns
from api.messages import ModelRequest
from api.runs.log import RunLog

TEXT = (MessageDelta, ReasoningDelta)


def events_of_step(log: RunLog) -> list[Event]:
    """Return what the latest step has said so far."""
    events: list[Event] = []
    for entry in reversed(log.entries):
        if isinstance(entry.event, StepStarted):
            break
        events.append(entry.event)
    return events


def estimated_usage(request: ModelRequest, events: Iterable[Event]) -> Usage:
    """Count four bytes of UTF-8 as a token, which is near for English and for Chinese."""
    input_bytes = sum(len(message.text.encode()) for message in in_turns(request.messages))
    output_bytes = sum(len(event.text.encode()) for event in in_turns(events) if isinstance(event, TEXT))
    return Usage(input_bytes // 4 + 1, output_bytes // 4, estimated=True)


def total_usage(one: Usage | None, other: Usage) -> Usage:
    """Add the tokens of two calls to the model."""
    if one is None:
        return other
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        one.estimated or other.estimated,
        _sum(one.cached_tokens, other.cached_tokens),
        _sum(one.reasoning_tokens, other.reasoning_tokens),
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)
