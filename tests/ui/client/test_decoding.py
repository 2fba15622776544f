import pytest

from ui.client.decoding import decode_message, decode_message_page, decode_thread_page, encode_run_request
from ui.events import Usage
from ui.messages import RunRequest, Status
from ui.threads import Thread

ANSWER = {
    "message_id": "m",
    "parent_id": "q",
    "role": "assistant",
    "parts": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "Because"}, {"type": "image", "url": "x"}],
    "status": "completed",
    "run": {
        "run_id": "r",
        "finish_reason": "length",
        "error": None,
        "usage": {"input_tokens": 1, "output_tokens": 2, "estimated": True},
    },
}


def test_a_stored_answer_is_whole_and_settled() -> None:
    answer = decode_message(ANSWER)
    assert [(part.type, part.text, part.ended_at is None) for part in answer.parts] == [
        ("reasoning", "hm", False),
        ("text", "Because", False),
    ]
    assert (answer.status, answer.run_id, answer.finish_reason) == (Status.COMPLETED, "r", "length")
    assert answer.usage == Usage(1, 2, estimated=True)
    assert answer.is_settled
    assert answer.may_be_continued


def test_a_running_answer_has_an_open_last_part() -> None:
    answer = decode_message({**ANSWER, "status": "running"})
    assert (answer.status, answer.is_settled) == (Status.WAITING, False)
    assert [part.ended_at is None for part in answer.parts] == [False, True]


def test_a_failed_answer_keeps_its_sentence() -> None:
    run = {"run_id": "r", "error": {"code": "upstream_timeout", "message": "Silence."}}
    answer = decode_message({**ANSWER, "status": "failed", "run": run})
    assert (answer.sentence, answer.is_retryable) == ("Silence.", True)


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
