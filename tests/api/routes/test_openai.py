"""`/v1` as it is deployed: gunicorn with real sockets, gevent and gthread, between a client and a scripted provider."""

import itertools
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.processes import WAIT_SECONDS, Server, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

names = itertools.count()
MODELS = ",".join(f"m{number}" for number in range(60))
MESSAGES = [{"role": "user", "content": "hello you"}]
TOKEN = {"Authorization": "Bearer secret"}
ORIGIN = "https://page.example"


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def api(
    request: pytest.FixtureRequest, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = {
        "OPENAI_BASE_URL": provider.base_url,
        "LLM_MODEL": MODELS,
        "API_TOKEN": "secret",
        "WORKER_CLASS": request.param,
        "HEARTBEAT_SECONDS": 0.3,
        "FIRST_TOKEN_SECONDS": 1.5,
        "STALL_SECONDS": 1.5,
        "MAX_STREAMS": 4,
        "CORS_ORIGINS": ORIGIN,
    }
    with running_api(tmp_path_factory.mktemp("api"), **settings) as server:
        yield server


@pytest.fixture
def model() -> str:
    return f"m{next(names)}"


def ask(server: Server, model: str, headers: dict[str, str] | None = None, **options: Any) -> requests.Response:
    body = {"model": model, "messages": MESSAGES, **options}
    return requests.post(
        f"{server.url}/v1/chat/completions", json=body, headers=headers or TOKEN, stream=True, timeout=WAIT_SECONDS
    )


def frames(response: requests.Response) -> list[str]:
    return [frame for frame in response.content.decode().split("\n\n") if frame.startswith("data: ")]


def line_of(server: Server, response: requests.Response) -> dict[str, Any]:
    """Wait for the log's line about a run."""
    run_id = response.headers["X-Run-Id"]

    def line() -> dict[str, Any] | None:
        lines = [json.loads(line) for line in server.logged().splitlines() if run_id in line]
        return next((line for line in lines if line["event"] == "run"), None)

    return wait_for(line, what="the line of the run")


def test_a_stream_is_the_providers_own_bytes(api: Server, provider: ScriptedProvider, model: str) -> None:
    response = ask(api, model, stream=True, stream_options={"include_usage": True})
    direct = requests.post(
        f"{provider.base_url}/chat/completions",
        json={"model": model, "messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}},
        timeout=WAIT_SECONDS,
    )
    assert response.content == direct.content
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["X-Request-Id"]
    line = line_of(api, response)
    assert (line["outcome"], line["input_tokens"], line["output_tokens"], line["estimated"]) == (
        "run.completed",
        1,
        3,
        False,
    )


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "*/*", "text/plain"])
def test_the_shape_goes_by_the_body_alone(api: Server, model: str, accept: str) -> None:
    whole = ask(api, model, {**TOKEN, "Accept": accept}, stream=False)
    assert whole.json()["choices"][0]["message"]["content"] == "hello you"
    assert "Content-Length" in whole.headers
    streamed = ask(api, model, {**TOKEN, "Accept": accept}, stream=True)
    assert frames(streamed)[-1] == "data: [DONE]"


def test_nothing_is_compressed(api: Server, model: str) -> None:
    response = ask(api, model, {**TOKEN, "Accept-Encoding": "gzip, deflate, br"}, stream=True)
    assert "Content-Encoding" not in response.headers


def test_chunks_arrive_while_the_model_speaks(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="abcd", chunk_chars=1, held_after_chunks=2))
    response = ask(api, model, stream=True)
    lines = response.iter_lines()
    wait_for(lambda: b'"a"' in next(lines), what="the first letter")
    provider.release(model)
    assert b"data: [DONE]" in list(lines)


def test_a_quiet_stream_carries_comments_and_no_other_block(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(text="abcd", chunk_chars=1, pause_after_chunks=3, pause=1.0))
    blocks = ask(api, model, stream=True).content.decode().split("\n\n")
    assert ": heartbeat" in blocks
    assert all(block.startswith(("data: {", "data: [DONE]", ": ")) or not block for block in blocks)


@pytest.mark.parametrize(("is_streamed", "held"), [(True, 0), (True, 2), (False, 0)])
def test_a_client_that_leaves_closes_the_providers_connection(
    api: Server, provider: ScriptedProvider, model: str, is_streamed: bool, held: int
) -> None:
    whole = Scenario(wait_before_headers=10 * WAIT_SECONDS)
    provider.script(model, Scenario(text="a long answer", held_after_chunks=held) if is_streamed else whole)
    address = urlsplit(api.url)
    body = json.dumps({"model": model, "messages": MESSAGES, "stream": is_streamed}).encode()
    with socket.create_connection((address.hostname, address.port), WAIT_SECONDS) as client:
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        provider.wait_for(lambda calls: calls[-1].model == model)
    provider.wait_for(lambda calls: calls[-1].client_closed_at)


@pytest.mark.parametrize("ending", ["cut", "reset"])
def test_a_failure_within_an_answer_is_a_frame_and_a_clean_end(
    api: Server, provider: ScriptedProvider, model: str, ending: Any
) -> None:
    provider.script(model, Scenario(text="abcdefgh", ending=ending, finish_reason=None, has_end_mark=False))
    told = frames(ask(api, model, stream=True))
    assert told[-1] == "data: [DONE]"
    assert json.loads(told[-2][6:])["error"]["code"] == "upstream_truncated"
    assert '"abcd"' in told[1]


def test_a_provider_that_says_nothing_more_is_given_up(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="abcdefgh", held_after_chunks=2))
    response = ask(api, model, stream=True)
    told = frames(response)
    assert json.loads(told[-2][6:])["error"]["code"] == "upstream_timeout"
    assert line_of(api, response)["code"] == "upstream_timeout"


def test_one_that_never_begins_is_given_up_too(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(held_after_chunks=0))
    response = ask(api, model, stream=True)
    assert (response.status_code, response.json()["error"]["code"]) == (504, "upstream_timeout")


@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_failure_before_the_first_byte_is_a_status(
    api: Server, provider: ScriptedProvider, model: str, is_streamed: bool
) -> None:
    provider.script(model, Scenario(status=429, body='{"error": {}}', headers={"Retry-After": "7"}))
    response = ask(api, model, stream=is_streamed)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.json()["error"]["code"] == "rate_limit_exceeded"
    provider.script(model, Scenario(status=401, body='{"error": {}}'))
    response = ask(api, model, stream=is_streamed)
    assert (response.status_code, response.headers["X-Should-Retry"]) == (502, "false")


def test_every_slot_may_be_taken_and_is_given_back(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="abcdefgh", held_after_chunks=2))
    held = [ask(api, model, stream=True) for _ in range(4)]
    refused = ask(api, model, stream=True)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert refused.json()["error"]["code"] == "busy"
    provider.release(model)
    assert all(frames(response)[-1] == "data: [DONE]" for response in held)
    wait_for(lambda: ask(api, model, stream=False).ok, what="a slot")


def test_strangers_are_told_so_in_words_of_openai(api: Server, model: str) -> None:
    for method, path in (("POST", "chat/completions"), ("GET", "models"), ("GET", "models/m0"), ("GET", "absent")):
        response = requests.request(method, f"{api.url}/v1/{path}", json={}, timeout=WAIT_SECONDS)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"model": "m0"}'])
def test_a_body_that_is_none_is_refused_before_any_work(api: Server, provider: ScriptedProvider, body: bytes) -> None:
    before = len(provider.calls())
    headers = {**TOKEN, "Content-Type": "application/json"}
    response = requests.post(f"{api.url}/v1/chat/completions", data=body, headers=headers, timeout=WAIT_SECONDS)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert len(provider.calls()) == before


def test_pages_of_an_allowed_origin_may_ask_and_others_are_told_nothing(api: Server, model: str) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Headers": "authorization, x-stainless-os"}
    preflight = requests.options(f"{api.url}/v1/chat/completions", headers=asked, timeout=WAIT_SECONDS)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization, x-stainless-os"
    assert ask(api, model, {**TOKEN, "Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] == ORIGIN
    for path, origin in (("v1/models", "https://other.example"), ("threads", ORIGIN)):
        response = requests.options(f"{api.url}/{path}", headers={"Origin": origin}, timeout=WAIT_SECONDS)
        assert response.status_code == 401
        assert "Access-Control-Allow-Origin" not in response.headers


def test_a_drain_lets_answers_end_and_then_ends_them(
    provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    provider.script("drained", Scenario(text="abcdefgh", held_after_chunks=2))
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": "drained", "DRAIN_SECONDS": 1}
    with running_api(tmp_path_factory.mktemp("drain"), **settings) as server:
        response = ask(server, "drained", {"X": "y"}, stream=True)
        ending = threading.Thread(target=server.stop)
        ending.start()
        told = frames(response)
        ending.join()
    assert json.loads(told[-2][6:])["error"]["code"] == "server_shutdown"
