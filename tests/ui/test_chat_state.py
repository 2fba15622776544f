import pytest

from ui import events
from ui.chat_state import ChatState
from ui.messages import Failure, Message, Part, RequestMessage, Status

STARTED = events.RunStarted("r", "t", "m", "model")
BROKEN = Failure("The connection broke.", is_retryable=True, is_truncated=True)


def asked(*given: events.Event) -> ChatState:
    state = ChatState()
    state.ask("Why?")
    for at, event in enumerate(given):
        state.apply(event, float(at))
    return state


def last(state: ChatState) -> Message:
    assert state.answer
    return state.answer


def test_a_question_waits_until_the_first_delta() -> None:
    assert last(asked()).status is Status.WAITING
    assert last(asked(STARTED)).status is Status.WAITING
    assert last(asked(STARTED, events.MessageDelta("Be"))).status is Status.ANSWERING


def test_deltas_of_one_kind_grow_one_part() -> None:
    answer = last(
        asked(
            events.ReasoningDelta("hm"),
            events.ReasoningDelta("m"),
            events.MessageDelta("Be"),
            events.MessageDelta("cause"),
            events.ToolCallStarted("c", "search", "{}"),
            events.MessageDelta(" so"),
        )
    )
    assert [(part.type, part.text) for part in answer.parts] == [
        ("reasoning", "hmm"),
        ("text", "Because"),
        ("tool_call", "search"),
        ("text", " so"),
    ]
    assert answer.text == "Because so"


def test_a_part_ends_when_the_next_begins_or_the_run_ends() -> None:
    answer = last(asked(events.ReasoningDelta("a"), events.MessageDelta("b"), events.RunCompleted("stop")))
    assert [(part.started_at, part.ended_at) for part in answer.parts] == [(0.0, 1.0), (1.0, 2.0)]


@pytest.mark.parametrize(
    ("terminal", "status"),
    [
        (events.RunCompleted("length"), Status.COMPLETED),
        (events.RunFailed("busy", "Later.", retryable=True), Status.FAILED),
        (events.RunCancelled(), Status.CANCELLED),
        (events.RunInterrupted("server_shutdown", "Gone.", retryable=True), Status.INTERRUPTED),
    ],
)
def test_every_terminal_ends_the_answer_and_nothing_grows_after_it(terminal: events.Event, status: Status) -> None:
    state = asked(events.MessageDelta("kept"), terminal, events.MessageDelta(" more"), events.RunCompleted("stop"))
    assert (last(state).status, last(state).text, state.is_running) == (status, "kept", False)


def test_the_sentence_and_the_reason_are_kept() -> None:
    failed = last(asked(events.RunFailed("busy", "Later.", retryable=True)))
    assert (failed.sentence, failed.is_retryable) == ("Later.", True)
    assert last(asked(events.RunCompleted("length"))).finish_reason == "length"


def test_a_cancelled_answer_keeps_its_text_and_takes_no_more() -> None:
    state = asked(events.MessageDelta("kept"))
    state.cancel(1.0)
    state.apply(events.MessageDelta(" more"), 2.0)
    assert (last(state).status, last(state).text) == (Status.CANCELLED, "kept")


def test_a_stream_without_a_terminal_is_truncated_and_retryable() -> None:
    state = asked(events.MessageDelta("kept"))
    state.fail(BROKEN, 1.0)
    assert (last(state).status, last(state).is_retryable) == (Status.TRUNCATED, True)


def test_a_failure_after_the_end_changes_nothing() -> None:
    state = asked(events.RunCompleted("stop"))
    state.fail(BROKEN, 1.0)
    assert last(state).status is Status.COMPLETED


def test_a_request_that_never_became_a_run_failed() -> None:
    state = asked()
    state.fail(Failure("No.", is_retryable=False, request_id="req-1"), 1.0)
    assert (last(state).status, last(state).request_id) == (Status.FAILED, "req-1")


def test_events_without_a_question_are_ignored() -> None:
    state = ChatState()
    state.apply(events.MessageDelta("x"), 0.0)
    assert state.messages == []


def test_retry_replaces_the_answer() -> None:
    state = asked(events.RunFailed("busy", "Later.", retryable=True))
    assert state.retry(last(state))
    assert [message.role for message in state.messages] == ["user", "assistant"]
    assert last(state).status is Status.WAITING


def test_neither_an_older_answer_nor_a_running_one_is_retried() -> None:
    state = asked(events.RunFailed("busy", "Later.", retryable=True))
    older = last(state)
    state.ask("And now?")
    assert not state.retry(older)
    assert not state.retry(last(state))
    assert [message.role for message in state.messages] == ["user", "assistant"] * 2


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
    assert last(asked(terminal)).may_be_retried is may


def test_a_whole_answer_needs_no_retry() -> None:
    assert not last(asked(events.MessageDelta("Because"), events.RunCompleted("stop"))).may_be_retried


def test_the_conversation_leaves_failed_and_empty_answers_out_and_roles_alternate() -> None:
    state = asked(events.MessageDelta("half"), events.RunFailed("busy", "Later.", retryable=True))
    state.ask("And why not?")
    state.cancel(0.0)
    state.ask("Well?")
    assert state.conversation() == (RequestMessage("user", "Why?\n\nAnd why not?\n\nWell?"),)


def test_the_conversation_keeps_what_was_said_before_a_stop_but_no_reasoning() -> None:
    state = asked(events.ReasoningDelta("hm"), events.MessageDelta("Because"))
    state.cancel(1.0)
    state.ask("Go on")
    assert [(message.role, message.content) for message in state.conversation()] == [
        ("user", "Why?"),
        ("assistant", "Because"),
        ("user", "Go on"),
    ]


def test_a_stored_thread_can_be_taken_up() -> None:
    state = ChatState("t-1", [Message("user", [Part("text", ["Hi"])]), Message("assistant", [Part("text", ["Ho"])])])
    assert (state.thread_id, state.is_running) == ("t-1", False)
    state.ask("Again")
    assert [message.content for message in state.conversation()] == ["Hi", "Ho", "Again"]


def test_two_conversations_are_two_threads() -> None:
    assert ChatState().thread_id != ChatState().thread_id


def test_the_pace_counts_from_the_first_delta_to_the_end() -> None:
    answer = last(
        asked(STARTED, events.MessageDelta("a"), events.Usage(1, 30, estimated=False), events.RunCompleted("stop"))
    )
    assert answer.tokens_per_second == 15.0


def test_there_is_no_pace_without_usage_or_time() -> None:
    assert last(asked(events.MessageDelta("a"), events.RunCompleted("stop"))).tokens_per_second is None
    state = ChatState()
    state.ask("Why?")
    for event in (events.MessageDelta("a"), events.Usage(1, 30, estimated=False), events.RunCompleted("stop")):
        state.apply(event, 7.0)
    assert last(state).tokens_per_second is None
