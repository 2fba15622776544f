"""`ask` at `/mcp`: an ordinary run, told as it grows, that ends with whoever asked; two workers and another server."""

import itertools
import time
from collections.abc import Iterator

import pytest

from tests.support.mcp_face import McpFace
from tests.support.processes import wait_for
from tests.support.provider.scenario import Scenario
from tests.support.thread_api import ThreadApi

LINES = "".join(f"line {number}\n" for number in range(60))
SLOW = Scenario(text=LINES, chunks_per_second=40)
HELD = Scenario(text="begun and then held", held_after_chunks=2)
NUMBERS = itertools.count(100)


@pytest.fixture(params=["new", "older"])
def face(request: pytest.FixtureRequest, thread_api: ThreadApi) -> McpFace:
    """The first server's workers, spoken to in each generation."""
    face = McpFace(thread_api.server.url)
    return face if request.param == "new" else face.initialized()


@pytest.fixture
def older(thread_api: ThreadApi) -> McpFace:
    return McpFace(thread_api.server.url).initialized()


def begun(messages: Iterator[dict]) -> None:
    """Wait for the first progress."""
    assert next(messages)["method"] == "notifications/progress"


def newest_run(api: ThreadApi) -> dict:
    """Return the run of the newest thread's answer."""
    thread = api.ask("GET", "/threads?limit=1").json()["threads"][0]
    return dict(api.messages(thread["thread_id"])[-1]["run"])


def test_an_answer_is_an_ordinary_run_of_a_thread_that_goes_on(thread_api: ThreadApi, face: McpFace) -> None:
    model = thread_api.script(Scenario(text="A Rioja."), Scenario(text="An hour before."))
    first = face.call("ask", prompt="Which wine?", model=model)
    assert first["content"] == [{"type": "text", "text": "A Rioja."}]
    kept = first["structuredContent"]
    run = thread_api.ask("GET", f"/runs/{kept['run_id']}").json()
    assert (run["status"], run["message_id"], run["model"]) == ("completed", kept["message_id"], model)
    thread = thread_api.ask("GET", f"/threads/{kept['thread_id']}").json()
    assert (thread["title"], thread["model"]) == ("Which wine?", model)
    second = face.call("ask", prompt="When to open it?", thread_id=kept["thread_id"])
    assert second["structuredContent"]["thread_id"] == kept["thread_id"]
    said = [("user", "Which wine?"), ("assistant", "A Rioja."), ("user", "When to open it?")]
    assert thread_api.told(model) == said


def test_progress_comes_at_most_twice_a_second_with_the_last_line(thread_api: ThreadApi, face: McpFace) -> None:
    model = thread_api.script(SLOW)
    began_at = time.monotonic()
    with face.asking(prompt="slowly", model=model) as messages:
        *notes, last = list(messages)
    took = time.monotonic() - began_at
    told = [note["params"]["progress"] for note in notes]
    assert 3 <= len(told) <= 2 * took + 1
    assert told == sorted(set(told))
    assert all(note["params"]["message"].startswith("lin"[: len(note["params"]["message"])]) for note in notes)
    assert last["result"]["content"][0]["text"] == LINES


def test_who_wants_no_progress_gets_none_but_comments(thread_api: ThreadApi, face: McpFace) -> None:
    model = thread_api.script(SLOW)
    with face.request("tools/call", name="ask", arguments={"prompt": "slowly", "model": model}) as response:
        lines = [line for line in response.iter_lines() if line]
    assert lines[0] == b": open"
    assert lines.count(b": heartbeat") >= 2
    assert len([line for line in lines if line.startswith(b"data:")]) == 1


def test_a_silence_is_filled_with_comments(thread_api: ThreadApi, face: McpFace) -> None:
    model = thread_api.script(HELD)
    with face.request("tools/call", name="ask", arguments={"prompt": "wait", "model": model}) as response:
        lines = response.iter_lines()
        assert sum(1 for line in itertools.islice(lines, 8) if line == b": heartbeat") >= 2
        thread_api.provider.release(model)
        assert any(line.startswith(b"data:") for line in lines)


def test_a_client_that_leaves_ends_the_run_and_the_provider_s_answer(thread_api: ThreadApi, face: McpFace) -> None:
    model = thread_api.script(HELD)
    with face.asking(prompt="leave", model=model) as messages:
        begun(messages)
        run = newest_run(thread_api)
        assert run["status"] == "running"
    assert thread_api.ended(run["run_id"])["status"] == "cancelled"
    wait_for(lambda: thread_api.call(model).client_closed_at, what="the provider's connection to close")


def test_the_older_cancel_ends_the_run_through_whichever_worker(thread_api: ThreadApi, older: McpFace) -> None:
    elsewhere = McpFace(thread_api.other.url, session_id=older.session_id)
    for face in (older, older, older, elsewhere, elsewhere):
        model, number = thread_api.script(HELD), next(NUMBERS)
        with older.asking(number, prompt="cancel", model=model) as messages:
            begun(messages)
            assert face.cancel(number).status_code == 202
            (last,) = list(messages)[-1:]
        assert (last["result"]["isError"], last["result"]["structuredContent"]["status"]) == (True, "cancelled")


def test_a_cancel_ends_no_other_session_s_call_of_the_same_number(thread_api: ThreadApi, older: McpFace) -> None:
    stranger = McpFace(thread_api.other.url).initialized()
    model = thread_api.script(HELD)
    with older.asking(1, prompt="mine", model=model) as messages:
        begun(messages)
        run_id = newest_run(thread_api)["run_id"]
        stranger.cancel(1)
        McpFace(thread_api.server.url, session_id="forged").cancel(1)
        older.cancel("1")
        older.cancel(2)
        time.sleep(0.6)
        assert thread_api.ask("GET", f"/runs/{run_id}").json()["status"] == "running"
        thread_api.provider.release(model)
        assert list(messages)[-1]["result"]["content"][0]["text"] == "begun and then held"


def test_a_cancel_that_comes_before_its_call_ends_it(thread_api: ThreadApi, older: McpFace) -> None:
    model, number = thread_api.script(HELD), next(NUMBERS)
    older.cancel(number)
    with older.asking(number, prompt="too late", model=model) as messages:
        assert list(messages)[-1]["result"]["structuredContent"]["status"] == "cancelled"


def test_it_is_stopped_from_the_page_and_by_the_tool(thread_api: ThreadApi, face: McpFace) -> None:
    other = McpFace(thread_api.other.url)
    for by_tool in (True, False):
        model = thread_api.script(HELD)
        with face.asking(next(NUMBERS), prompt="stop", model=model) as messages:
            begun(messages)
            run_id = newest_run(thread_api)["run_id"]
            if by_tool:
                assert not other.call("stop", run_id=run_id)["isError"]
            else:
                thread_api.ask("POST", f"/runs/{run_id}/cancel", at=thread_api.other)
            last = list(messages)[-1]["result"]
        assert "The answer was stopped." in last["content"][0]["text"]


def test_the_same_key_asks_once(thread_api: ThreadApi, face: McpFace) -> None:
    model, key = thread_api.script(Scenario(text="one"), Scenario(text="two")), f"key-{next(NUMBERS)}"
    first = face.call("ask", prompt="once", model=model, idempotency_key=key)
    threads = len(thread_api.ask("GET", "/threads?limit=200").json()["threads"])
    again = McpFace(thread_api.other.url).call("ask", prompt="once", model=model, idempotency_key=key)
    assert again["structuredContent"] == first["structuredContent"]
    assert again["content"] == first["content"]
    other = face.call("ask", prompt="something else", model=model, idempotency_key=key)
    assert (other["isError"], "Idempotency-Key" in other["content"][0]["text"]) == (True, True)
    assert len(thread_api.provider.calls(model)) == 1
    assert len(thread_api.ask("GET", "/threads?limit=200").json()["threads"]) == threads


def test_a_thread_that_is_being_answered_takes_no_second_question(thread_api: ThreadApi, face: McpFace) -> None:
    model = thread_api.script(HELD)
    with face.asking(next(NUMBERS), prompt="first", model=model) as messages:
        begun(messages)
        thread_id = newest_run(thread_api)["thread_id"]
        second = face.call("ask", prompt="second", thread_id=thread_id)
        assert (second["isError"], "being answered" in second["content"][0]["text"]) == (True, True)


def test_a_failing_provider_is_told(thread_api: ThreadApi, face: McpFace) -> None:
    model = thread_api.script(Scenario(status=401, body='{"error": {"message": "no key"}}'))
    result = face.call("ask", prompt="hi", model=model)
    assert (result["isError"], result["structuredContent"]["status"]) == (True, "failed")
    assert result["content"][0]["text"]
