import pytest

from ui import events
from ui.events import LoggedEvent
from ui.messages import Failure, Message, Progress, Status
from ui.parts import ReasoningPart, TextPart, ToolCallPart, ToolProgress
from ui.thread.answer import fail, fold

STARTED = events.RunStarted("r", "t", "q", "m", "model")
BROKEN = Failure("The API misbehaved.", is_retryable=True, is_local=True)


def answer_of(*given: events.Event | None, is_replayed: bool = False) -> Message:
    answer = Message("m", "q", "assistant", status=Status.RUNNING, progress=Progress(is_replayed))
    return feed(answer, *given)


def feed(answer: Message, *given: events.Event | None) -> Message:
    for event in given:
        assert answer.progress
        last_event_id = answer.progress.last_event_id
        assert fold(answer, LoggedEvent(last_event_id + 1, event), float(last_event_id))
    return answer


def test_an_answer_waits_until_the_first_delta() -> None:
    assert answer_of().is_waiting
    assert answer_of(STARTED).is_waiting
    assert not answer_of(STARTED, events.MessageDelta("Be")).is_waiting
    assert answer_of(STARTED).run_id == "r"


def test_deltas_of_one_kind_grow_one_part() -> None:
    answer = answer_of(
        events.ReasoningDelta("hm"),
        events.ReasoningDelta("m"),
        events.MessageDelta("Be"),
        events.MessageDelta("cause"),
        events.ToolCallStarted("c", "search", '{"q": 1}'),
        None,
        events.MessageDelta(" so"),
    )
    reasoning, text, call, more = answer.parts
    assert isinstance(reasoning, ReasoningPart)
    assert isinstance(text, TextPart)
    assert isinstance(more, TextPart)
    assert [part.text for part in (reasoning, text, more)] == ["hmm", "Because", " so"]
    assert isinstance(call, ToolCallPart)
    assert (call.tool_call_id, call.name, call.arguments) == ("c", "search", '{"q": 1}')
    assert answer.text == "Because so"


def test_what_becomes_of_a_call_is_kept_with_it() -> None:
    started = events.ToolCallStarted("c", "files__read", "{}", "files", "Read")
    asked = events.ToolCallRequiresAction("c", "approval", "files", "read", 99)
    (call,) = answer_of(started, asked).parts
    assert isinstance(call, ToolCallPart)
    assert (call.server, call.title, call.is_asked, call.expires_at) == ("files", "Read", True, 99.0)
    decided = events.ToolCallDecided("c", "approve", '{"path": "a"}')
    progress = events.ToolCallProgress("c", 1, 4, "reading")
    (call,) = answer_of(started, asked, decided, progress).parts
    assert isinstance(call, ToolCallPart)
    assert (call.is_asked, call.decision, call.arguments) == (False, "approve", '{"path": "a"}')
    assert call.progress == ToolProgress(1, 4, "reading")
    completed = events.ToolCallCompleted("c", [{"type": "text", "text": "words"}], is_error=True, duration_ms=7)
    stray = events.ToolCallProgress("other", 1)
    (call,) = answer_of(started, asked, decided, progress, stray, completed).parts
    assert isinstance(call, ToolCallPart)
    assert call.result
    assert (call.result.text, call.result.is_error, call.result.duration_ms) == ("words", True, 7)


def test_a_part_ends_when_the_next_begins_or_the_run_ends() -> None:
    answer = answer_of(events.ReasoningDelta("a"), events.MessageDelta("b"), events.RunCompleted("stop"))
    assert [(part.started_at, part.ended_at) for part in answer.parts if not isinstance(part, ToolCallPart)] == [
        (0.0, 1.0),
        (1.0, 2.0),
    ]


def test_every_change_of_a_part_raises_its_version_and_what_has_ended_keeps_it() -> None:
    answer = answer_of(events.MessageDelta("a"))
    (part,) = answer.parts
    assert isinstance(part, TextPart)
    versions = [part.version]
    for event in (events.MessageDelta("b"), events.ToolCallStarted("c", "search", "{}"), events.RunCompleted("stop")):
        feed(answer, event)
        versions.append(part.version)
    assert versions == [1, 2, 3, 3]


@pytest.mark.parametrize(
    ("terminal", "status", "failure"),
    [
        (events.RunCompleted("length"), Status.COMPLETED, None),
        (events.RunFailed("busy", "Later.", retryable=True), Status.FAILED, Failure("Later.", is_retryable=True)),
        (events.RunCancelled(), Status.CANCELLED, None),
        (
            events.RunInterrupted("server_shutdown", "Gone.", retryable=False),
            Status.INTERRUPTED,
            Failure("Gone.", is_retryable=False),
        ),
    ],
)
def test_every_terminal_ends_the_answer_and_nothing_grows_after_it(
    terminal: events.Event, status: Status, failure: Failure | None
) -> None:
    answer = answer_of(events.MessageDelta("kept"), terminal, events.MessageDelta(" more"))
    assert (answer.status, answer.text, answer.is_running, answer.failure) == (status, "kept", False, failure)


def test_events_it_has_change_nothing_and_a_gap_is_said() -> None:
    answer = answer_of(STARTED, events.MessageDelta("a"))
    assert fold(answer, LoggedEvent(2, events.MessageDelta("a")), 0.0)
    assert not fold(answer, LoggedEvent(4, events.MessageDelta("c")), 0.0)
    assert fold(answer, LoggedEvent(3, events.MessageDelta("b")), 0.0)
    assert answer.text == "ab"


def test_a_failure_after_the_end_changes_nothing() -> None:
    answer = answer_of(events.RunCompleted("stop"))
    fail(answer, BROKEN, 1.0)
    assert (answer.status, answer.failure) == (Status.COMPLETED, None)


@pytest.mark.parametrize(
    ("terminal", "may"),
    [
        (events.RunFailed("busy", "Later.", retryable=True), True),
        (events.RunFailed("unauthorized", "No.", retryable=False), False),
        (events.RunCancelled(), True),
        (events.RunCompleted("stop"), True),
    ],
)
def test_an_answer_without_text_may_be_retried_unless_that_is_pointless(terminal: events.Event, may: bool) -> None:
    assert answer_of(terminal).may_be_retried is may


def test_a_whole_answer_needs_no_retry_and_cannot_go_on() -> None:
    answer = answer_of(events.MessageDelta("Because"), events.RunCompleted("stop"))
    assert not answer.may_be_retried
    assert not answer.may_be_continued


@pytest.mark.parametrize(
    "terminal",
    [
        events.RunCompleted("length"),
        events.RunCancelled(),
        events.RunInterrupted("internal", "Gone.", retryable=True),
        events.RunFailed("upstream_error", "Broke.", retryable=True),
    ],
)
def test_an_answer_that_ends_before_its_end_can_go_on(terminal: events.Event) -> None:
    assert answer_of(events.MessageDelta("Half"), terminal).may_be_continued


def test_a_replayed_answer_grows_its_open_part_and_has_no_pace() -> None:
    answer = answer_of(is_replayed=True)
    answer.parts = [TextPart(["Half"])]
    feed(answer, STARTED, events.MessageDelta(" and half"), events.Usage(1, 30, estimated=False))
    feed(answer, events.RunCompleted("stop"))
    (part,) = answer.parts
    assert isinstance(part, TextPart)
    assert (part.text, answer.tokens_per_second) == ("Half and half", None)


def test_the_pace_counts_from_the_first_delta_to_the_end() -> None:
    usage = events.Usage(1, 30, estimated=False)
    assert answer_of(STARTED, events.MessageDelta("a"), usage, events.RunCompleted("stop")).tokens_per_second == 15.0


def test_there_is_no_pace_without_usage() -> None:
    assert answer_of(events.MessageDelta("a"), events.RunCompleted("stop")).tokens_per_second is None
