"""A run that waited for a person, rebuilt from its log, goes on where it stood."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from api.events import (
    StepStarted,
    ToolCallCompleted,
    ToolCallDecided,
    ToolCallRequiresAction,
    ToolCallStarted,
    Usage,
    from_json,
)
from api.runs.log import LoggedEvent
from api.runs.toolbox import Decided
from api.store.run_lines import RunEvent


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What went before: the log, the number of the step, its tokens, and the calls that have been decided about."""

    logged: tuple[LoggedEvent, ...] = ()
    decided: tuple[Decided, ...] = ()
    step: int = 1
    usage: Usage | None = None


def take_up(stored: Iterable[RunEvent]) -> TakenUp:
    """Read a log whose questions are all answered."""
    logged = tuple(LoggedEvent(row.seq, from_json(row.type, row.data), row.data) for row in stored)
    step, usage = 1, None
    calls: dict[str, ToolCallStarted] = {}
    asked: dict[str, ToolCallRequiresAction] = {}
    decisions: dict[str, ToolCallDecided] = {}
    for _, event, _ in logged:
        match event:
            case StepStarted():
                step = event.step
            case Usage():
                usage = event
            case ToolCallStarted():
                calls[event.tool_call_id] = event
            case ToolCallRequiresAction():
                asked[event.tool_call_id] = event
            case ToolCallDecided():
                decisions[event.tool_call_id] = event
                if event.arguments is not None and event.tool_call_id in calls:
                    calls[event.tool_call_id] = replace(calls[event.tool_call_id], arguments=event.arguments)
            case ToolCallCompleted():
                calls.pop(event.tool_call_id, None)
            case _:
                pass
    decided = [Decided(call, asked[key], decisions[key]) for key, call in calls.items() if key in decisions]
    return TakenUp(logged, tuple(decided), step, usage)
