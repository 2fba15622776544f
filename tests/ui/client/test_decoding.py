import pytest

from ui.client.decoding import decode_message, decode_message_page, decode_thread_page, encode_run_request
from ui.events import Usage
from ui.messages import Failure, Progress, RunRequest, Status
from ui.parts import ReasoningPart, TextPart, ToolCallPart, ToolResult
from ui.threads import Thread

ANSWER = {
    "message_id": "m",
    "parent_id": "q",
    "role": "assistant",
    "parts": [
        {"type": "reasoning", "text": "hm"},
        {"type": "tool_call", "tool_call_id": "c", "name": "search", "arguments": '{"q": 1}'},
        {"type": "image", "url": "x"},
        {"type": "tool_result", "tool_call_id": "c", "content": "Found.", "is_error": False},
        {"type": "text", "text": "Because"},
    ],
    "status": "completed",
    "run": {
        "run_id": "r",
        "finish_reason": "length",
        "error": None,
        "usage": {"input_tokens": 1, "output_tokens": 2, "estimated": True},
    },
}


def test_a_stored_answer_is_whole() -> None:
    answer = decode_message(ANSWER)
    reasoning, call, text = answer.parts
    assert isinstance(reasoning, ReasoningPart)
    assert isinstance(text, TextPart)
    assert [(part.text, part.ended_at is None) for part in (reasoning, text)] == [("hm", False), ("Because", False)]
    assert isinstance(call, ToolCallPart)
    assert (call.tool_call_id, call.name, call.arguments) == ("c", "search", '{"q": 1}')
    assert call.result == ToolResult([{"type": "text", "text": "Found."}], is_error=False)
    assert (answer.status, answer.run_id, answer.finish_reason) == (Status.COMPLETED, "r", "length")
    assert answer.usage == Usage(1, 2, estimated=True)
    assert answer.progress is None
    assert answer.may_be_continued


def test_a_running_answer_has_an_open_last_part() -> None:
    answer = decode_message({**ANSWER, "status": "running"})
    assert (answer.is_waiting, answer.progress) == (True, Progress(is_replayed=True))
    growing = [part for part in answer.parts if isinstance(part, ReasoningPart | TextPart)]
    assert [part.ended_at is None for part in growing] == [False, True]


@pytest.mark.parametrize(
    ("told", "is_retryable"), [({"retryable": True}, True), ({"retryable": False}, False), ({}, False)]
)
def test_a_failed_answer_keeps_its_sentence(told: dict[str, bool], is_retryable: bool) -> None:
    run = {"run_id": "r", "error": {"code": "upstream_timeout", "message": "Silence.", **told}}
    answer = decode_message({**ANSWER, "status": "failed", "run": run})
    assert answer.failure == Failure("Silence.", is_retryable)


def test_pages_say_where_the_next_begins() -> None:
    thread = {"thread_id": "t", "title": "T", "model": "", "system_prompt": "", "updated_at": 1.5, "created_at": 1}
    page = decode_thread_page({"threads": [thread], "next_cursor": "c"})
    assert (page.threads, page.next_cursor) == ((Thread("t", "T", updated_at=1.5),), "c")
    assert decode_message_page({"messages": [], "next_cursor": None}).next_cursor is None


@pytest.mark.parametrize("fields", [{}, {**ANSWER, "status": "?"}, {**ANSWER, "parts": [{"text": "x"}]}])
def test_what_is_no_message_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        decode_message(fields)


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (RunRequest("t", "k", "hi", None), {"content": "hi", "parent_id": None}),
        (RunRequest("t", "k", "hi", "m"), {"content": "hi", "parent_id": "m"}),
        (RunRequest("t", "k", None, "m"), {"parent_id": "m"}),
        (RunRequest("t", "k", None, "q", "m"), {"continue_id": "m"}),
    ],
)
def test_a_run_is_asked_for_as_the_contract_says(request_: RunRequest, body: dict[str, object]) -> None:
    assert encode_run_request(request_) == body
