"""How the events of a run become its answer: pure, no clock, no I/O."""

from ui import events
from ui.messages import Failure, Message, Progress, Status
from ui.parts import GrowingPart, Part, ReasoningPart, TextPart, ToolCallPart

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
        case events.ToolCallStarted(tool_call_id, name, arguments):
            _add(answer, ToolCallPart(tool_call_id, name, arguments), at_seconds)
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
