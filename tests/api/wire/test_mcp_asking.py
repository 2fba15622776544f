"""What `ask` makes of a run's events."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.events import (
    Event,
    MessageDelta,
    ReasoningDelta,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    ToolCallDecided,
    ToolCallRequiresAction,
    ToolCallStarted,
    Usage,
)
from api.wire.mcp.asking import AskedRun
from api.wire.mcp.definitions import ask_definition

USAGE = Usage(3, 2, estimated=False)
QUESTION = ToolCallRequiresAction("c1", "approval", "files", "write", 1.0, "hash")
SCHEMA = ask_definition(("m",), 10).output_schema


def asked(*events: Event) -> AskedRun:
    run = AskedRun("r", "t", "m")
    run.take(events)
    return run


def result_of(*events: Event) -> dict[str, Any]:
    result = asked(*events).result()
    Draft202012Validator(SCHEMA or {}).validate(result["structuredContent"])
    return result


def test_an_answer_is_its_text_and_where_it_is_kept() -> None:
    result = result_of(MessageDelta("Hel"), MessageDelta("lo"), USAGE, RunCompleted("stop"))
    assert result["content"] == [{"type": "text", "text": "Hello"}]
    usage = {"input_tokens": 3, "output_tokens": 2, "estimated": False}
    kept = {"thread_id": "t", "message_id": "m", "run_id": "r", "status": "completed", "usage": usage}
    assert (result["structuredContent"], result["isError"]) == (kept, False)


@pytest.mark.parametrize(
    ("terminal", "status", "said"),
    [
        (RunFailed("upstream_error", "The provider failed.", retryable=True), "failed", "The provider failed."),
        (RunInterrupted("server_shutdown", "Restarting.", retryable=True), "interrupted", "Restarting."),
        (RunCancelled(), "cancelled", "The answer was stopped."),
    ],
    ids=lambda value: getattr(value, "type", None),
)
def test_any_other_end_is_an_error_with_the_text_so_far(terminal: Event, status: str, said: str) -> None:
    result = result_of(MessageDelta("Half"), USAGE, terminal)
    assert result["content"][0]["text"] == f"Half\n\n{said}"
    assert (result["structuredContent"]["status"], result["isError"]) == (status, True)


def test_a_question_to_a_person_is_told_with_where_to_decide() -> None:
    run = asked(ToolCallStarted("c1", "files__write", "{}", "files", "Write"), QUESTION)
    assert not run.is_over
    run.take([USAGE])
    assert run.is_over
    result = run.result()
    assert "files/write" in result["content"][0]["text"]
    assert "/runs/r/tool_calls/c1" in result["content"][0]["text"]
    assert (result["structuredContent"]["status"], result["isError"]) == ("requires_action", False)


def test_a_question_that_was_decided_is_none_any_more() -> None:
    run = asked(QUESTION, USAGE, ToolCallDecided("c1", "approve"), MessageDelta("Done."))
    assert not run.is_over
    run.take([USAGE, RunCompleted("stop")])
    assert run.result()["content"][0]["text"] == "Done."


def test_an_answer_that_nobody_can_follow_says_so() -> None:
    assert "read_thread" in result_of(MessageDelta("Half"))["content"][0]["text"]


def test_progress_grows_with_everything_and_shows_the_last_line() -> None:
    run = asked()
    seen = [run.progress]
    for event in (ReasoningDelta("hm"), ToolCallStarted("c", "n", "{}", "s", "Title"), MessageDelta("a\nb"), USAGE):
        run.take([event])
        seen.append(run.progress)
    assert seen == sorted(seen)
    assert seen[:4] == [0, 2, 3, 6]
    assert run.last_line == "b"
    assert asked(ReasoningDelta("hm")).last_line == "Thinking"
    assert asked(ToolCallStarted("c", "n", "{}", "s", "Title")).last_line == "Calling Title"


def test_a_line_is_cut_however_long_it_is() -> None:
    assert len(asked(MessageDelta("x" * 1_000_000), MessageDelta("\n\n")).last_line) <= 200
    assert asked(MessageDelta("\n \n")).last_line == ""
