"""Runs of threads over HTTP: two workers and another server over one database, in front of a scripted provider."""

import itertools
import threading
import time
from typing import Any

import pytest

from api.runs.run_request import CONTINUE
from tests.support.processes import Server, wait_for
from tests.support.provider.scenario import Scenario
from tests.support.thread_api import NDJSON, SSE, ThreadApi, events_of, lines_of, text_of

SLOW = Scenario(text="x" * 1000, chunks_per_second=20)
SILENT = Scenario(text="x" * 1000, wait_before_first_chunk=30)
keys = (f"key-{number}" for number in itertools.count())


def test_a_run_is_streamed_and_stored(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(text="The answer.", reasoning="Hm.", chunk_chars=4))
    thread_id = thread_api.create_thread()
    response = thread_api.start(thread_id, content="why?", model=model, temperature=0.5, max_tokens=9)
    events = events_of(response)
    run_id = response.headers["X-Run-Id"]
    assert response.headers["Location"] == f"/runs/{run_id}/events"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[0]["thread_id"], events[-1]["type"]) == (
        "run.started",
        thread_id,
        "run.completed",
    )
    question, answer = thread_api.messages(thread_id, at=thread_api.other)
    assert (question["role"], text_of(question), question["parent_id"], question["run"]) == ("user", "why?", None, None)
    assert answer["parts"] == [{"type": "reasoning", "text": "Hm."}, {"type": "text", "text": "The answer."}]
    assert (answer["parent_id"], answer["message_id"]) == (question["message_id"], events[0]["message_id"])
    assert events[0]["parent_id"] == question["message_id"]
    assert (answer["status"], answer["run"]["seq"], answer["run"]["finish_reason"]) == (
        "completed",
        len(events),
        "stop",
    )
    assert answer["run"] == thread_api.ask("GET", f"/runs/{run_id}", at=thread_api.other).json()
    assert answer["run"]["usage"] == {"input_tokens": 1, "output_tokens": 3, "estimated": False}
    body = thread_api.call(model).body
    assert (body["temperature"], body["max_tokens"]) == (0.5, 9)


def test_the_model_is_told_the_system_prompt_and_the_whole_path(thread_api: ThreadApi) -> None:
    model = thread_api.script()
    thread_id = thread_api.create_thread(system_prompt="Be kind.", model=model)
    for content in ("one", "two"):
        thread_api.run(thread_id, content=content)
    assert thread_api.told(model) == [("system", "Be kind."), ("user", "one"), ("assistant", "one"), ("user", "two")]


def test_a_message_is_answered_again_beside_its_answer(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(text="first"), Scenario(text="second"))
    thread_id = thread_api.create_thread()
    thread_api.run(thread_id, content="q", model=model)
    question = thread_api.messages(thread_id)[0]["message_id"]
    assert thread_api.run(thread_id, parent_id=question, model=model)[0]["parent_id"] == question
    assert thread_api.told(model) == [("user", "q")]
    messages = thread_api.messages(thread_id)
    assert [(text_of(message), message["parent_id"]) for message in messages[1:]] == [
        ("first", question),
        ("second", question),
    ]


def test_an_edited_message_is_a_branch(thread_api: ThreadApi) -> None:
    model = thread_api.script()
    thread_id = thread_api.create_thread()
    for content in ("one", "two"):
        thread_api.run(thread_id, content=content, model=model)
    first_answer = thread_api.messages(thread_id)[1]["message_id"]
    thread_api.run(thread_id, content="other two", parent_id=first_answer, model=model)
    assert thread_api.told(model) == [("user", "one"), ("assistant", "one"), ("user", "other two")]
    thread_api.run(thread_id, content="other one", parent_id=None, model=model)
    assert thread_api.told(model) == [("user", "other one")]
    thread_api.run(thread_id, content="after the newest", model=model)
    assert thread_api.told(model)[:1] == [("user", "other one")]
    assert [message["parent_id"] for message in thread_api.messages(thread_id)].count(None) == 2


def test_an_answer_that_was_cut_is_continued_beside_it(thread_api: ThreadApi) -> None:
    model = thread_api.script(
        Scenario(text="Once upon", finish_reason=None, has_end_mark=False), Scenario(text=" a time.")
    )
    thread_id = thread_api.create_thread()
    assert thread_api.run(thread_id, content="tell", model=model)[-1]["code"] == "upstream_truncated"
    cut = thread_api.messages(thread_id)[1]
    error = cut["run"]["error"]
    assert (text_of(cut), cut["status"], error["code"], error["retryable"]) == (
        "Once upon",
        "failed",
        "upstream_truncated",
        True,
    )
    events = thread_api.run(thread_id, continue_id=cut["message_id"], model=model)
    assert events[0]["parent_id"] == cut["parent_id"]
    whole = thread_api.messages(thread_id)[2]
    assert (text_of(whole), whole["parent_id"], whole["status"]) == ("Once upon a time.", cut["parent_id"], "completed")
    assert thread_api.told(model) == [("user", "tell"), ("assistant", "Once upon"), ("user", CONTINUE)]


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_one_key_used_twice_at_once_is_one_run_and_one_call(thread_api: ThreadApi, is_elsewhere: bool) -> None:
    model = thread_api.script(Scenario(text="only once", chunks_per_second=10))
    thread_id = thread_api.create_thread()
    key, answers = next(keys), list[tuple[str, list[dict[str, Any]]]]()

    def ask(at: Server) -> None:
        response = thread_api.start(thread_id, key=key, at=at, content="q", model=model)
        answers.append((response.headers["X-Run-Id"], events_of(response)))

    servers = (thread_api.server, thread_api.other if is_elsewhere else thread_api.server)
    threads = [threading.Thread(target=ask, args=(at,)) for at in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert len(thread_api.provider.calls(model)) == 1
    assert len(thread_api.messages(thread_id)) == 2
    again = thread_api.start(thread_id, key=key, content="q", model=model)
    assert (again.headers["X-Run-Id"], events_of(again)) == answers[0]


def test_a_key_that_has_started_a_run_starts_none_in_another_thread(thread_api: ThreadApi) -> None:
    key, model = next(keys), thread_api.script()
    events_of(thread_api.start(thread_api.create_thread(), key=key, content="q", model=model))
    elsewhere = thread_api.create_thread()
    refused = thread_api.start(elsewhere, key=key, content="another", model=model)
    assert (refused.status_code, refused.json()["code"]) == (409, "bad_request")
    assert "of another thread" in refused.json()["error"]
    assert thread_api.messages(elsewhere) == []
    assert len(thread_api.provider.calls(model)) == 1


def test_a_text_sent_again_in_a_new_thread_opens_the_run_that_its_key_has_started(thread_api: ThreadApi) -> None:
    key, model = next(keys), thread_api.script()
    first = thread_api.start(thread_api.create_thread(), key=key, content="q", model=model)
    events = events_of(first)
    elsewhere = thread_api.create_thread()
    for at in (thread_api.server, thread_api.other):
        again = thread_api.start(elsewhere, key=key, at=at, content="q", model=model)
        assert (again.headers["X-Run-Id"], events_of(again)) == (first.headers["X-Run-Id"], events)
    assert thread_api.messages(elsewhere) == []
    assert len(thread_api.provider.calls(model)) == 1


def test_a_key_whose_thread_is_deleted_is_refused_in_another_thread(thread_api: ThreadApi) -> None:
    key, model = next(keys), thread_api.script()
    deleted, elsewhere = thread_api.create_thread(), thread_api.create_thread()
    events_of(thread_api.start(deleted, key=key, content="q", model=model))
    assert thread_api.ask("DELETE", f"/threads/{deleted}").status_code == 204
    refused = thread_api.start(elsewhere, key=key, content="q", model=model)
    assert (refused.status_code, refused.json()["code"]) == (409, "bad_request")


def test_a_thread_has_one_run_at_a_time(thread_api: ThreadApi) -> None:
    model = thread_api.script(SLOW)
    thread_id = thread_api.create_thread()
    run_id = thread_api.start(thread_id, content="q", model=model).headers["X-Run-Id"]
    for at in (thread_api.server, thread_api.other):
        refused = thread_api.start(thread_id, at=at, content="again", model=model)
        assert (refused.status_code, refused.json()["code"]) == (409, "busy")
    thread_api.ask("POST", f"/runs/{run_id}/cancel")
    thread_api.ended(run_id)
    assert thread_api.start(thread_id, content="again", model=thread_api.script()).status_code == 200
    assert len(thread_api.provider.calls(model)) == 1


def test_a_disconnect_is_not_a_cancel(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(text="abcdefgh" * 5, chunks_per_second=20))
    thread_id = thread_api.create_thread()
    response = thread_api.start(thread_id, content="q", model=model)
    next(lines_of(response))
    response.close()
    assert thread_api.ended(response.headers["X-Run-Id"])["status"] == "completed"
    assert text_of(thread_api.messages(thread_id)[1]) == "abcdefgh" * 5


@pytest.mark.parametrize("accept", [SSE, NDJSON])
def test_a_replay_is_the_rest_byte_for_byte(thread_api: ThreadApi, accept: dict[str, str]) -> None:
    model = thread_api.script(Scenario(text="données 数据 \u2028 🦆" * 30, reasoning="Hm.", chunk_chars=3))
    response = thread_api.start(thread_api.create_thread(), accept=accept, content="q", model=model)
    separator = b"\n\n" if accept is SSE else b"\n"
    sent = [piece for piece in response.content.split(separator)[:-1] if piece and not piece.startswith(b":")]
    path = f"/runs/{response.headers['X-Run-Id']}/events"
    for server in (thread_api.server, thread_api.other):
        for after in (0, 1, len(sent) // 2, len(sent) - 1):
            replayed = thread_api.ask("GET", f"{path}?after={after}", at=server, headers=accept).content
            assert replayed.removeprefix(b": open\n\n") == separator.join([*sent[after:], b""])
        assert thread_api.ask("GET", path, at=server, headers={"Last-Event-ID": str(len(sent))}).status_code == 204
        assert thread_api.ask("GET", f"{path}?after={len(sent) + 5}", at=server).status_code == 204


def test_another_worker_follows_a_run_live(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(text="abcd" * 40, chunks_per_second=20))
    response = thread_api.start(thread_api.create_thread(), content="q", model=model)
    path = f"/runs/{response.headers['X-Run-Id']}/events"
    first = list(itertools.islice(lines_of(response), 5))
    followed = thread_api.ask("GET", f"{path}?after=3", at=thread_api.other, headers=NDJSON, stream=True)
    lines = lines_of(followed)
    assert next(lines) == first[3]
    assert thread_api.call(model).ended_at is None
    rest = list(lines)
    response.close()
    assert b'"type":"run.completed"' in rest[-1]
    assert thread_api.ask("GET", f"{path}?after=4", headers=NDJSON).content.split(b"\n")[:-1] == rest


@pytest.mark.parametrize("scenario", [SLOW, SILENT], ids=["within", "before the first token"])
@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_cancel_closes_the_provider_within_a_second(
    thread_api: ThreadApi, scenario: Scenario, is_elsewhere: bool
) -> None:
    model = thread_api.script(scenario)
    thread_id = thread_api.create_thread()
    response = thread_api.start(thread_id, content="q", model=model)
    wait_for(lambda: len(thread_api.call(model).chunks_sent_at) > 4 or scenario is SILENT)
    asked_at = time.monotonic()
    cancelled = thread_api.ask(
        "POST", f"/runs/{response.headers['X-Run-Id']}/cancel", at=thread_api.other if is_elsewhere else None
    )
    assert (cancelled.status_code, cancelled.json()["run_id"]) == (202, response.headers["X-Run-Id"])
    closed_at = wait_for(lambda: thread_api.call(model).client_closed_at)
    assert closed_at - asked_at < 1
    events = events_of(response)
    text = "".join(event.get("text", "") for event in events)
    answer = thread_api.messages(thread_id)[1]
    assert (events[-1]["type"], answer["status"], text_of(answer)) == ("run.cancelled", "cancelled", text)
    assert bool(text) is (scenario is SLOW)
    again = thread_api.ask("POST", f"/runs/{response.headers['X-Run-Id']}/cancel").json()
    assert (again["status"], again["seq"]) == ("cancelled", events[-1]["seq"])


def test_plain_text_of_a_failed_run_is_an_http_error_and_the_message_says_it_too(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(status=401, body="{}"))
    thread_id = thread_api.create_thread()
    refused = thread_api.start(thread_id, accept={}, content="q", model=model)
    assert (refused.status_code, refused.json()["code"]) == (502, "upstream_error")
    answer = thread_api.messages(thread_id)[1]
    assert (answer["status"], answer["run"]["error"]["code"]) == ("failed", "upstream_error")


def test_a_client_that_reads_slowly_gets_every_byte(thread_api: ThreadApi) -> None:
    """The socket's buffers fill while the model speaks fast, so that pieces are left to write again and again."""
    text = "".join(f"{number:07d} " for number in range(120_000))
    model = thread_api.script(Scenario(text=text, chunk_chars=800, chunks_per_second=400))
    thread_id = thread_api.create_thread()
    response = thread_api.start(thread_id, content="q", model=model)
    wait_for(lambda: thread_api.call(model).ended_at, 30)
    events = events_of(response)
    assert "".join(event["text"] for event in events if event["type"] == "message.delta") == text
    assert text_of(thread_api.messages(thread_id)[1]) == text


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"content": " \n"}, 400, "query is empty"),
        ({}, 400, "Without content, parent_id has to name the user's message to answer again."),
        ({"parent_id": "{answer}"}, 400, "Without content, parent_id has to name the user's message to answer again."),
        ({"content": "x", "parent_id": "{elsewhere}"}, 404, "There is no such message in this thread."),
        ({"parent_id": "{elsewhere}"}, 404, "There is no such message in this thread."),
        ({"continue_id": "{elsewhere}"}, 404, "There is no such message in this thread."),
        ({"continue_id": "{question}"}, 400, "continue_id has to name an answer of this thread that has text."),
        ({"content": "x", "continue_id": "{answer}"}, 400, "content and continue_id exclude each other."),
        ({"content": "x", "model": "gpt"}, 400, "Unknown model 'gpt'."),
        ({"content": "x", "temperature": 3}, 400, "temperature has to be a number between 0 and 2."),
        ({"content": "x", "max_tokens": 0}, 400, "max_tokens has to be a whole number of at least 1."),
        ({"content": "x", "stream": True}, 400, "Unknown field 'stream'."),
        ({"content": ["x"]}, 400, "content has to be a text."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    thread_api: ThreadApi, body: dict[str, Any], status: int, sentence: str
) -> None:
    model = thread_api.script()
    thread_id, elsewhere = (thread_api.create_thread() for _ in range(2))
    for each in (thread_id, elsewhere):
        thread_api.run(each, content="q", model=model)
    question, answer = thread_api.messages(thread_id)
    ids = {"{question}": question, "{answer}": answer, "{elsewhere}": thread_api.messages(elsewhere)[0]}
    filled = {name: ids[value]["message_id"] if str(value) in ids else value for name, value in body.items()}
    refused = thread_api.start(thread_id, **filled)
    assert (refused.status_code, refused.json()["error"][: len(sentence)]) == (status, sentence)
    assert len(thread_api.messages(thread_id)) == 2
    assert len(thread_api.provider.calls(model)) == 2


@pytest.mark.parametrize("given", ["-1", "x", "1.5", "٣", "9999999999"])
def test_a_place_in_the_log_is_a_number(thread_api: ThreadApi, given: str) -> None:
    response = thread_api.start(thread_api.create_thread(), content="q", model=thread_api.script())
    events_of(response)
    refused = thread_api.ask("GET", f"/runs/{response.headers['X-Run-Id']}/events", params={"after": given})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_is_of_sane_length(thread_api: ThreadApi, key: str) -> None:
    headers = {"Idempotency-Key": key}
    path = f"/threads/{thread_api.create_thread()}/runs"
    refused = thread_api.ask("POST", path, json={"content": "q"}, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (400, "Idempotency-Key has to have 1 to 200 characters.")
