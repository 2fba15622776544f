import json
from dataclasses import asdict

import pytest

from ui import events

EVERY_EVENT = [
    events.RunStarted("r", "t", "q", "m", "model"),
    events.ReasoningDelta("hm"),
    events.MessageDelta("hello"),
    events.ToolCallStarted("c", "search", "{}"),
    events.StepStarted(2),
    events.ToolCallRequiresAction("c", "approval", "files", "read", 1.5),
    events.ToolCallDecided("c", "approve", '{"q": 2}'),
    events.ToolCallProgress("c", 1, 2.5, "half"),
    events.ToolCallCompleted("c", [{"type": "text", "text": "found"}], is_error=False, duration_ms=5),
    events.Usage(3, 4, estimated=True),
    events.RunCompleted("stop"),
    events.RunFailed("upstream_error", "It broke.", retryable=True),
    events.RunCancelled(),
    events.RunInterrupted("server_shutdown", "It went away.", retryable=True),
]


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.type)
def test_every_event_is_decoded_and_unknown_fields_are_ignored(event: events.Event) -> None:
    fields = {**asdict(event), "added_later": 1}
    assert events.decode_event(event.type, json.dumps(fields)) == event


def test_a_run_that_was_stored_before_its_question_was_told_has_none() -> None:
    older = '{"run_id": "r", "thread_id": "t", "message_id": "m", "model": "x"}'
    assert events.decode_event("run.started", older) == events.RunStarted("r", "t", None, "m", "x")


def test_the_vocabulary_is_complete() -> None:
    assert set(events.EVENT_TYPES) == {event.type for event in EVERY_EVENT}


def test_an_unknown_type_is_ignored() -> None:
    assert events.decode_event("run.dreamed", "not even JSON") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"text": 3}', '{"text": null}', "{"])
def test_a_known_type_with_other_fields_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"message\.delta"):
        events.decode_event("message.delta", text)


def test_exactly_the_terminal_events_end_a_run() -> None:
    assert [event.type for event in EVERY_EVENT if events.is_terminal(event)] == [
        "run.completed",
        "run.failed",
        "run.cancelled",
        "run.interrupted",
    ]
