import pytest

from ui import events
from ui.events import LoggedEvent
from ui.messages import Failure, Message, Progress, Status
from ui.parts import TextPart
from ui.thread.answer import fail
from ui.thread.state import Asked, ChatState

STARTED = events.RunStarted("r", "t", "q", "m", "model")
BROKEN = Failure("The API misbehaved.", is_retryable=True, is_local=True)


def stored(
    message_id: str, parent_id: str | None, text: str = "", status: Status = Status.COMPLETED, role: str = "assistant"
) -> Message:
    is_running = status is Status.RUNNING
    parts = [TextPart([text], ended_at=None if is_running else 0.0)] if text else []
    progress = Progress(is_replayed=True) if is_running else None
    return Message(message_id, parent_id, role, parts, status, f"run of {message_id}", progress=progress)  # type: ignore[arg-type]


def question(message_id: str, parent_id: str | None, text: str = "Why?") -> Message:
    return stored(message_id, parent_id, text, role="user")


def opened(*messages: Message) -> ChatState:
    return ChatState(messages, "t")


def feed(state: ChatState, answer: Message, *given: events.Event | None) -> None:
    for event in given:
        assert answer.progress
        last_event_id = answer.progress.last_event_id
        assert state.apply(answer, LoggedEvent(last_event_id + 1, event), float(last_event_id))


def asked(*given: events.Event | None) -> tuple[ChatState, Message]:
    state = opened()
    answer = state.ask("Why?").answer
    feed(state, answer, *given)
    return state, answer


def shown(state: ChatState) -> list[str]:
    return [message.text for message in state.messages]


def ids(state: ChatState) -> list[str]:
    return [message.message_id for message in state.messages]


def texts_of(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


def test_the_first_event_names_the_answer_and_its_question() -> None:
    state, answer = asked()
    assert (shown(state), ids(state), state.is_asking) == (["Why?", ""], ["", ""], True)
    feed(state, answer, STARTED)
    assert (shown(state), ids(state), state.is_asking) == (["Why?", ""], ["q", "m"], False)
    assert (answer.parent_id, answer.run_id, state.get("m")) == ("q", "r", answer)


def test_a_run_of_another_thread_is_not_taken_in() -> None:
    state, answer = asked(events.RunStarted("r", "elsewhere", "q", "m", "model"))
    assert (answer.message_id, state.get("m"), answer.run_id) == ("", None, "r")


def test_a_run_that_its_key_has_started_before_is_not_taken_in_again() -> None:
    state = opened(question("q", None), stored("m", "q", "Because"))
    answer = state.ask("Why?").answer
    feed(state, answer, STARTED)
    assert (answer.message_id, state.siblings(state.messages[0])) == ("", [state.messages[0]])


def test_a_question_that_an_older_api_does_not_tell_is_not_taken_in() -> None:
    state, answer = asked(events.RunStarted("r", "t", None, "m", "model"))
    assert (answer.message_id, state.get("m")) == ("", None)


def test_a_first_message_that_is_an_answer_may_go_on() -> None:
    state = opened(stored("a", None, "Half", Status.INTERRUPTED))
    longer = state.go_on(state.messages[0]).answer
    feed(state, longer, events.RunStarted("r", "t", None, "m", "model"))
    assert (ids(state), longer.parent_id) == (["m"], None)


def test_a_run_that_cannot_be_followed_fails_here_and_the_stored_answer_counts_later() -> None:
    state, answer = asked(STARTED, events.MessageDelta("kept"))
    fail(answer, BROKEN, 1.0)
    assert (answer.status, state.is_running) == (Status.FAILED, False)
    state.merge([question("q", None, "Why?"), stored("m", "q", "kept and", Status.RUNNING)])
    assert (shown(state), state.is_running) == (["Why?", "kept and"], True)
    state.merge([stored("m", "q", "kept and more")])
    assert (shown(state), state.is_running) == (["Why?", "kept and more"], False)


def test_a_stored_message_does_not_touch_the_answer_that_is_followed() -> None:
    state, answer = asked(STARTED, events.MessageDelta("Half"))
    state.merge([question("q", None), stored("m", "q", "Half and half")], followed=answer)
    assert shown(state) == ["Why?", "Half"]
    state.merge([stored("m", "q", "Half and half")])
    assert (shown(state), state.is_running) == (["Why?", "Half and half"], False)


def test_news_that_are_older_than_the_end_of_a_run_are_no_news() -> None:
    state, answer = asked(STARTED, events.MessageDelta("Whole"), events.RunCompleted("stop"))
    state.merge([question("q", None), stored("m", "q", status=Status.RUNNING)])
    assert (shown(state), state.is_running) == (["Why?", "Whole"], False)
    assert state.messages[1] is answer


def test_stored_messages_show_the_way_to_the_newest() -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "A"), question("r", None, "two"), stored("b", "q", "B"))
    assert shown(state) == ["one", "B"]


def test_another_page_s_message_is_shown_below_but_not_beside() -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "A"))
    state.merge([stored("b", "q", "B"), question("r", "a", "two"), stored("c", "r", status=Status.RUNNING)])
    assert shown(state) == ["one", "A", "two", ""]
    assert state.running is state.messages[-1]
    assert texts_of(state.siblings(state.messages[1])) == ["A", "B"]


def test_a_running_answer_beside_what_is_shown_runs_all_the_same() -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "A"))
    state.merge([stored("b", "q", status=Status.RUNNING)])
    assert (shown(state), state.is_running) == (["one", "A"], True)


@pytest.mark.parametrize("has_started", [False, True])
def test_an_edited_message_is_another_version_with_ways_of_its_own(has_started: bool) -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "A"), question("r", "a", "two"))
    answer = state.edit(state.messages[0], "one, really").answer
    if has_started:
        feed(state, answer, events.RunStarted("r", "t", "q2", "m", "model"))
    assert shown(state) == ["one, really", ""]
    assert texts_of(state.siblings(state.messages[0])) == ["one", "one, really"]
    assert state.siblings(state.messages[1]) == [answer]
    state.choose(state.siblings(state.messages[0])[0])
    assert shown(state) == ["one", "A", "two"]
    assert texts_of(state.siblings(state.messages[0])) == ["one", "one, really"]
    assert state.running is answer
    state.choose(state.siblings(state.messages[0])[1])
    assert shown(state) == ["one, really", ""]


def test_what_was_left_before_its_run_began_stays_beside_what_is_shown() -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "A"), question("r", "a", "two"))
    answer = state.edit(state.messages[0], "uno").answer
    state.choose(state.siblings(state.messages[0])[0])
    feed(state, answer, events.RunStarted("r", "t", "q2", "m", "model"))
    assert shown(state) == ["one", "A", "two"]
    assert texts_of(state.siblings(state.messages[0])) == ["one", "uno"]


def test_what_was_asked_below_one_version_is_shown_there_only() -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "A"), stored("b", "q", "B"))
    answer = state.ask("two").answer
    first, second = state.siblings(state.messages[1])
    state.choose(first)
    assert shown(state) == ["one", "A"]
    state.choose(second)
    assert shown(state) == ["one", "B", "two", ""]
    feed(state, answer, events.RunStarted("r", "t", "q2", "m", "model"))
    assert shown(state) == ["one", "B", "two", ""]


@pytest.mark.parametrize("has_started", [False, True])
def test_an_answer_given_again_is_another_version(has_started: bool) -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "A"))
    again = state.answer_again(state.messages[1]).answer
    if has_started:
        feed(state, again, STARTED)
    assert again.parent_id == "q"
    assert (shown(state), texts_of(state.siblings(again))) == (["one", ""], ["A", ""])


def test_an_answer_that_goes_on_begins_with_what_it_was_and_leaves_it_alone() -> None:
    state = opened(question("q", None, "one"), stored("a", "q", "Half", Status.INTERRUPTED))
    former = state.messages[1]
    asked = state.go_on(former)
    feed(state, asked.answer, STARTED, events.MessageDelta(" and half"))
    assert (asked.continue_id, len(asked.answer.parts)) == ("a", 1)
    assert (former.text, shown(state)) == ("Half", ["one", "Half and half"])


@pytest.mark.parametrize("ask", ["ask", "edit", "answer_again", "go_on"])
def test_what_is_withdrawn_leaves_everything_as_it_was(ask: str) -> None:
    state = opened(
        question("q", None, "one"),
        stored("a", "q", "A"),
        stored("b", "q", "B"),
        question("r", None, "two"),
        stored("c", "q", "C"),
    )
    state.choose(state.siblings(state.messages[1])[0])
    before = state.messages
    asked: Asked = {
        "ask": lambda: state.ask("three"),
        "edit": lambda: state.edit(before[0], "uno"),
        "answer_again": lambda: state.answer_again(before[1]),
        "go_on": lambda: state.go_on(before[1]),
    }[ask]()
    assert state.messages != before
    assert state.withdraw() is asked
    assert state.messages == before
    assert not state.is_running
    assert len(state.siblings(before[0])) == 2
