"""How the events of a run become its answer: pure, no clock, no I/O."""

from ui import events
from ui.messages import Failure, Message, Progress, Status
from ui.parts import GrowingPart, Part, ReasoningPart, TextPart, ToolCallPart, ToolProgress, ToolResult, call_of

DELTAS = (events.ReasoningDelta, events.MessageDelta, events.ToolCallStarted)


def fold(answer: Message, logged: events.LoggedEvent, at_seconds: float) -> bool:
    """Fold the next event into the answer; False if one before it is missing. Those it has change nothing."""
    progress = answer.progress
    if progress is None or not answer.is_running or logged.seq <= progress.last_event_id:
        return True
    if logged.seq > progress.last_event_id + 1:
        return False
    progress.last_event_id = logged.seq
    if progress.first_delta_at is None and isinstance(logged.event, DELTAS):
        progress.first_delta_at = at_seconds
    match logged.event:
        case events.RunStarted(run_id):
            answer.run_id = run_id
        case events.ReasoningDelta(text):
            _grow(answer, progress, ReasoningPart, text, at_seconds)
        case events.MessageDelta(text):
            _grow(answer, progress, TextPart, text, at_seconds)
        case events.ToolCallStarted(tool_call_id, name, arguments, server, title):
            _add(answer, ToolCallPart(tool_call_id, name, arguments, server or "", title or ""), at_seconds)
        case (
            events.ToolCallRequiresAction()
            | events.ToolCallDecided()
            | events.ToolCallProgress()
            | events.ToolCallCompleted()
        ) as event:
            if call := call_of(answer.parts, event.tool_call_id):
                _change(call, event)
        case events.Usage() as usage:
            answer.usage = usage
        case events.RunCompleted(finish_reason):
            answer.finish_reason = finish_reason
            _end(answer, progress, Status.COMPLETED, at_seconds)
        case events.RunCancelled():
            _end(answer, progress, Status.CANCELLED, at_seconds)
        case events.RunFailed(_, sentence, is_retryable):
            answer.failure = Failure(sentence, is_retryable)
            _end(answer, progress, Status.FAILED, at_seconds)
        case events.RunInterrupted(_, sentence, is_retryable):
            answer.failure = Failure(sentence, is_retryable)
            _end(answer, progress, Status.INTERRUPTED, at_seconds)
    return True


def fail(answer: Message, failure: Failure, at_seconds: float) -> None:
    """End an answer on this page only, because its run cannot be followed."""
    if answer.is_running and answer.progress:
        answer.failure = failure
        _end(answer, answer.progress, Status.FAILED, at_seconds)


def _grow(
    answer: Message, progress: Progress, kind: type[TextPart | ReasoningPart], text: str, at_seconds: float
) -> None:
    last = answer.parts[-1] if answer.parts else None
    if not isinstance(last, kind):
        last = kind(started_at=None if progress.is_replayed else at_seconds)
        _add(answer, last, at_seconds)
    last.append(text)


def _change(
    call: ToolCallPart,
    event: events.ToolCallRequiresAction | events.ToolCallDecided | events.ToolCallProgress | events.ToolCallCompleted,
) -> None:
    call.version += 1
    match event:
        case events.ToolCallRequiresAction():
            call.expires_at, call.decision, call.questions = float(event.expires_at), "", event.questions or ()
        case events.ToolCallDecided():
            call.expires_at, call.decision, call.reason = None, event.decision, event.reason or ""
            call.arguments = event.arguments or call.arguments
        case events.ToolCallProgress(_, progress, total, message):
            call.progress = ToolProgress(progress, total, message or "")
        case events.ToolCallCompleted(_, content, is_error, duration_ms):
            call.result = ToolResult(content, is_error, duration_ms)


def _add(answer: Message, part: Part, at_seconds: float) -> None:
    _end_last_part(answer, at_seconds)
    answer.parts.append(part)


def _end(answer: Message, progress: Progress, status: Status, at_seconds: float) -> None:
    _end_last_part(answer, at_seconds)
    answer.status = status
    progress.is_cut = False
    progress.ended_at = at_seconds


def _end_last_part(answer: Message, at_seconds: float) -> None:
    if answer.parts and isinstance(last := answer.parts[-1], GrowingPart):
        last.end(at_seconds)
