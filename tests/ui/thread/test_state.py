import pytest

from ui import events
from ui.events import LoggedEvent
from ui.messages import Failure, Message, Part, Status
from ui.thread.state import ChatState, is_provisional

STARTED = events.RunStarted("r", "t", "m", "model")
BROKEN = Failure("The API misbehaved.", is_retryable=True)


def stored(
    message_id: str, parent_id: str | None, text: str = "", status: Status = Status.COMPLETED, role: str = "assistant"
) -> Message:
    is_open = status.is_running
    parts = [Part("text", [text], ended_at=None if is_open else 0.0)] if text else []
    return Message(message_id, parent_id, role, parts, status, run_id=f"run of {message_id}", is_settled=not is_open)  # type: ignore[arg-type]


def question(message_id: str, parent_id: str | None, text: str = "Why?") -> Message:
    return stored(message_id, parent_id, text, role="user")


def feed(state: ChatState, answer: Message, *given: events.Event | None) -> None:
    for event in given:
        assert state.apply(answer, LoggedEvent(answer.last_seq + 1, event), float(answer.last_seq))


def asked(*given: events.Event | None) -> tuple[ChatState, Message]:
    state = ChatState()
    answer = state.ask("Why?")
    feed(state, answer, *given)
    return state, answer


def last(*given: events.Event | None) -> Message:
    return asked(*given)[1]


def shown(state: ChatState) -> list[str]:
    return [message.text for message in state.messages]


def test_a_question_waits_until_the_first_delta() -> None:
    assert last().status is Status.WAITING
    assert last(STARTED).status is Status.WAITING
    assert last(STARTED, events.MessageDelta("Be")).status is Status.ANSWERING


def test_deltas_of_one_kind_grow_one_part() -> None:
    answer = last(
        events.ReasoningDelta("hm"),
        events.ReasoningDelta("m"),
        events.MessageDelta("Be"),
        events.MessageDelta("cause"),
        events.ToolCallStarted("c", "search", "{}"),
        None,
        events.MessageDelta(" so"),
    )
    assert [(part.type, part.text) for part in answer.parts] == [
        ("reasoning", "hmm"),
        ("text", "Because"),
        ("tool_call", "search"),
        ("text", " so"),
    ]
    assert answer.text == "Because so"


def test_a_part_ends_when_the_next_begins_or_the_run_ends() -> None:
    answer = last(events.ReasoningDelta("a"), events.MessageDelta("b"), events.RunCompleted("stop"))
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
    state, answer = asked(events.MessageDelta("kept"), terminal, events.MessageDelta(" more"))
    assert (answer.status, answer.text, state.is_running) == (status, "kept", False)
    assert answer.is_settled


def test_events_it_has_change_nothing_and_a_gap_is_said() -> None:
    state, answer = asked(STARTED, events.MessageDelta("a"))
    assert state.apply(answer, LoggedEvent(2, events.MessageDelta("a")), 0.0)
    assert not state.apply(answer, LoggedEvent(4, events.MessageDelta("c")), 0.0)
    assert state.apply(answer, LoggedEvent(3, events.MessageDelta("b")), 0.0)
    assert answer.text == "ab"


def test_a_run_that_cannot_be_followed_fails_here_and_the_stored_answer_counts_later() -> None:
    state, answer = asked(STARTED, events.MessageDelta("kept"))
    state.fail(answer, BROKEN, 1.0)
    assert (answer.status, answer.is_retryable) == (Status.FAILED, True)
    state.merge([question("q", None, "Why?"), stored("m", "q", "kept and more")])
    assert shown(state) == ["Why?", "kept and more"]


def test_a_failure_after_the_end_changes_nothing() -> None:
    state, answer = asked(events.RunCompleted("stop"))
    state.fail(answer, BROKEN, 1.0)
    assert answer.status is Status.COMPLETED


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
    assert last(terminal).may_be_retried is may


def test_a_whole_answer_needs_no_retry_and_cannot_go_on() -> None:
    answer = last(events.MessageDelta("Because"), events.RunCompleted("stop"))
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
    assert last(events.MessageDelta("Half"), terminal).may_be_continued


def test_the_first_event_names_the_answer_and_the_stored_messages_its_question() -> None:
    state, answer = asked(STARTED)
    assert (answer.message_id, answer.run_id, state.thread_id) == ("m", "r", "t")
    asking = state.messages[0]
    assert is_provisional(asking)
    state.merge([question("q", None, "Why?"), stored("m", "q", status=Status.WAITING)], followed=answer)
    assert state.messages == [asking, answer]
    assert (asking.message_id, answer.parent_id) == ("q", "q")


def test_a_stored_message_does_not_touch_the_answer_that_is_followed() -> None:
    state, answer = asked(STARTED, events.MessageDelta("Half"))
    state.merge([question("q", None), stored("m", "q", "Half and half")], followed=answer)
    assert shown(state) == ["Why?", "Half"]
    state.merge([stored("m", "q", "Half and half")])
    assert (shown(state), state.is_running) == (["Why?", "Half and half"], False)


def test_news_that_are_older_than_the_end_of_a_run_are_no_news() -> None:
    state, answer = asked(STARTED, events.MessageDelta("Whole"), events.RunCompleted("stop"))
    state.merge([question("q", None), stored("m", "q", status=Status.WAITING)])
    assert (shown(state), state.is_running) == (["Why?", "Whole"], False)
    assert state.messages[1] is answer


def test_stored_messages_show_the_way_to_the_newest() -> None:
    state = ChatState(
        [question("q", None, "one"), stored("a", "q", "A"), question("r", None, "two"), stored("b", "q", "B")]
    )
    assert shown(state) == ["one", "B"]


def test_another_page_s_message_is_shown_below_but_not_beside() -> None:
    state = ChatState([question("q", None, "one"), stored("a", "q", "A")])
    state.merge([stored("b", "q", "B"), question("r", "a", "two"), stored("c", "r", status=Status.WAITING)])
    assert shown(state) == ["one", "A", "two", ""]
    assert state.running is state.messages[-1]
    assert [sibling.text for sibling in state.siblings(state.messages[1])] == ["A", "B"]


def test_a_running_answer_beside_what_is_shown_runs_all_the_same() -> None:
    state = ChatState([question("q", None, "one"), stored("a", "q", "A")])
    state.merge([stored("b", "q", status=Status.WAITING)])
    assert (shown(state), state.is_running) == (["one", "A"], True)


def test_an_edited_message_is_another_version_with_ways_of_its_own() -> None:
    state = ChatState([question("q", None, "one"), stored("a", "q", "A"), question("r", "a", "two")])
    answer = state.edit(state.messages[0], "one, really")
    assert shown(state) == ["one, really", ""]
    assert [sibling.text for sibling in state.siblings(state.messages[0])] == ["one", "one, really"]
    state.choose(state.siblings(state.messages[0])[0])
    assert shown(state) == ["one", "A", "two"]
    assert state.running is answer


def test_an_answer_given_again_is_another_version() -> None:
    state = ChatState([question("q", None, "one"), stored("a", "q", "A")])
    again = state.answer_again(state.messages[1])
    assert again.parent_id == "q"
    assert [sibling.text for sibling in state.siblings(again)] == ["A", ""]


def test_an_answer_that_goes_on_begins_with_what_it_was_and_leaves_it_alone() -> None:
    state = ChatState([question("q", None, "one"), stored("a", "q", "Half", Status.INTERRUPTED)])
    former = state.messages[1]
    longer = state.go_on(former)
    feed(state, longer, STARTED, events.MessageDelta(" and half"))
    assert [(part.type, part.text) for part in longer.parts] == [("text", "Half and half")]
    assert (former.text, shown(state)) == ("Half", ["one", "Half and half"])


def test_a_replayed_answer_grows_its_open_part_and_has_no_pace() -> None:
    running = stored("a", "q", "Half", Status.WAITING)
    running.is_replayed = True
    state = ChatState([question("q", None, "one"), running])
    feed(state, running, STARTED, events.MessageDelta(" and half"), events.Usage(1, 30, estimated=False))
    feed(state, running, events.RunCompleted("stop"))
    assert [(part.type, part.text) for part in running.parts] == [("text", "Half and half")]
    assert running.tokens_per_second is None


@pytest.mark.parametrize("ask", ["ask", "edit", "answer_again", "go_on"])
def test_what_is_withdrawn_leaves_everything_as_it_was(ask: str) -> None:
    state = ChatState(
        [
            question("q", None, "one"),
            stored("a", "q", "A"),
            stored("b", "q", "B"),
            question("r", None, "two"),
            stored("c", "q", "C"),
        ]
    )
    state.choose(state.siblings(state.messages[1])[0])
    before = state.messages
    answer = {
        "ask": lambda: state.ask("three"),
        "edit": lambda: state.edit(before[0], "uno"),
        "answer_again": lambda: state.answer_again(before[1]),
        "go_on": lambda: state.go_on(before[1]),
    }[ask]()
    assert state.messages != before
    state.withdraw(answer)
    assert state.messages == before
    assert not state.is_running
    assert len(state.siblings(before[0])) == 2


def test_the_pace_counts_from_the_first_delta_to_the_end() -> None:
    answer = last(STARTED, events.MessageDelta("a"), events.Usage(1, 30, estimated=False), events.RunCompleted("stop"))
    assert answer.tokens_per_second == 15.0


def test_there_is_no_pace_without_usage() -> None:
    assert last(events.MessageDelta("a"), events.RunCompleted("stop")).tokens_per_second is None
