"""The API as it is deployed: gunicorn with real sockets, gevent and gthread, in front of a scripted provider."""

import itertools
import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.processes import BIN, ROOT, Server, clean_environment, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

WORKER_CLASSES = ("gevent", "gthread")
SETTINGS = {"MAX_STREAMS": 8, "FIRST_TOKEN_SECONDS": 2, "STALL_SECONDS": 1, "HEARTBEAT_SECONDS": 0.5}
SSE = {"Accept": "text/event-stream"}
NDJSON = {"Accept": "application/x-ndjson"}
names = itertools.count()


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def worker_class(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def models() -> str:
    return ",".join(f"m{number}" for number in range(200))


@pytest.fixture(scope="module")
def api(
    worker_class: str, provider: ScriptedProvider, models: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "sk-secret-key", "LLM_MODEL": models}
    folder = tmp_path_factory.mktemp("api")
    with running_api(folder, WORKER_CLASS=worker_class, **settings, **SETTINGS) as server:
        yield server


@pytest.fixture
def model(provider: ScriptedProvider) -> str:
    """A model name of this test's own."""
    return f"m{next(names)}"


def post(server: Server, model: str, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
    body = {"thread_id": "t", "messages": [{"role": "user", "content": "hello world"}], "model": model, **more}
    return requests.post(f"{server.url}/stream", json=body, headers=headers, stream=True, timeout=20)


def events_of(response: requests.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.iter_lines() if line]


def curl(server: Server, model: str, *options: str) -> subprocess.CompletedProcess[str]:
    body = json.dumps({"thread_id": "t", "messages": [{"role": "user", "content": "hello world"}], "model": model})
    command = ["curl", "-sN", f"{server.url}/stream", "-H", "content-type: application/json", "-d", body, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_bare_curl_gets_the_text_and_exit_code_0(api: Server, model: str) -> None:
    done = curl(api, model)
    assert (done.stdout, done.returncode) == ("hello world", 0)


def test_curl_sees_text_in_pieces_while_the_model_speaks(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="abcdefgh", chunk_chars=1, chunks_per_second=20))
    for encoding in ({}, {"Accept-Encoding": "gzip, deflate"}):
        with post(api, model, encoding) as response:
            pieces = [(time.monotonic(), piece) for piece in response.iter_content(None)]
        assert b"".join(piece for _, piece in pieces) == b"abcdefgh"
        assert len(pieces) >= 3
        sent_at = provider.calls(model)[-1].chunks_sent_at
        assert pieces[0][0] < sent_at[-1]


def test_a_failure_within_plain_text_makes_curl_exit_with_18(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(text="half an answer", ending="reset", finish_reason=None, has_end_mark=False))
    done = curl(api, model)
    assert (done.stdout, done.returncode) == ("half an answer", 18)


def test_a_failure_before_any_text_is_an_http_error_for_plain_text(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(status=401, body='{"error": {"message": "bad key sk-secret-key"}}'))
    response = post(api, model)
    assert (response.status_code, response.json()["code"]) == (502, "upstream_error")
    assert response.json()["request_id"] == response.headers["X-Request-Id"]
    assert "sk-secret" not in response.text


def test_the_providers_retry_after_reaches_the_client(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(status=429, body="{}", headers={"retry-after": "77"}))
    response = post(api, model)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "77")


def test_events_are_numbered_and_end_with_one_terminal_event(api: Server, model: str) -> None:
    events = events_of(post(api, model, NDJSON))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[0]["thread_id"], events[0]["model"]) == ("run.started", "t", model)
    assert events[-1] == {"seq": len(events), "type": "run.completed", "finish_reason": "stop"}
    assert "".join(event["text"] for event in events if event["type"] == "message.delta") == "hello world"


def test_the_headers_of_a_stream_survive_proxies(api: Server, model: str) -> None:
    response = post(api, model, SSE)
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert (response.headers["X-Accel-Buffering"], response.headers["Vary"]) == ("no", "Accept")
    assert f'"run_id":"{response.headers["X-Run-Id"]}"' in response.text


def test_an_event_stream_opens_at_once_and_beats_while_the_model_is_silent(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(wait_before_headers=1.4))
    began_at = time.monotonic()
    with post(api, model, SSE) as response:
        pieces = response.iter_content(None)
        first = next(pieces)
        assert first.startswith(b": open\n\n")
        assert time.monotonic() - began_at < 1
        rest = b"".join(pieces)
    assert rest.count(b": heartbeat\n\n") >= 2
    assert b"event: run.completed" in rest


def test_a_provider_that_never_begins_ends_as_upstream_timeout(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(wait_before_headers=30))
    events = events_of(post(api, model, NDJSON))
    assert (events[-1]["type"], events[-1]["code"]) == ("run.failed", "upstream_timeout")
    provider.wait_for(lambda calls: next(call for call in calls if call.model == model).client_closed_at)


def test_comments_of_the_provider_do_not_count_against_the_stall_limit(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(text="abcdefgh", pause_after_chunks=2, pause=30, comment_every=0.1))
    events = events_of(post(api, model, NDJSON))
    assert events[-1]["code"] == "upstream_timeout"
    assert "".join(event.get("text", "") for event in events) == "abcd"


def test_an_answer_without_finish_reason_is_truncated(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="half", finish_reason=None, has_end_mark=False))
    events = events_of(post(api, model, NDJSON))
    assert (events[-1]["code"], events[-1]["retryable"]) == ("upstream_truncated", True)


@pytest.mark.parametrize("headers", [SSE, {}], ids=["events", "text"])
@pytest.mark.parametrize("silence", ["before_headers", "before_text", "within"])
def test_a_client_that_leaves_closes_the_provider_within_a_second(
    api: Server, provider: ScriptedProvider, model: str, silence: str, headers: dict[str, str]
) -> None:
    quiet = {
        "before_headers": Scenario(wait_before_headers=30),
        "before_text": Scenario(wait_before_first_chunk=30),
        "within": Scenario(text="abcdefgh", pause_after_chunks=2, pause=30),
    }[silence]
    provider.script(model, quiet)
    with socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2]))) as client:
        body = json.dumps({"messages": [{"role": "user", "content": "x"}], "model": model}).encode()
        head = f"POST /stream HTTP/1.1\r\nHost: localhost\r\nAccept: {headers.get('Accept', '*/*')}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        wait_for(lambda: provider.calls(model))
    left_at = time.monotonic()
    calls = provider.wait_for(lambda calls: next(call for call in calls if call.model == model).client_closed_at)
    closed_at = next(call for call in calls if call.model == model).client_closed_at
    assert closed_at is not None
    assert closed_at - left_at < 1


def test_over_capacity_is_busy_while_health_answers_and_slots_come_back(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    wait_for(lambda: events_of(post(api, f"m{150 + next(names) % 40}", NDJSON))[-1]["type"] == "run.completed")
    provider.script(model, Scenario(text="x" * 400, chunks_per_second=20))
    streams = [post(api, model, SSE) for _ in range(SETTINGS["MAX_STREAMS"])]
    assert {stream.status_code for stream in streams} == {200}
    refused = post(api, model, SSE)
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (503, "busy", "2")
    assert requests.get(f"{api.url}/health", timeout=2).text == "ok"
    for stream in streams:
        stream.close()
    wait_for(lambda: post(api, f"m{next(names)}").status_code == 200)


def test_requests_that_never_start_a_stream_leak_no_slot(api: Server, model: str) -> None:
    for _ in range(3 * SETTINGS["MAX_STREAMS"]):
        assert requests.head(f"{api.url}/stream", timeout=5).status_code == 405
        assert requests.post(f"{api.url}/stream", json={"messages": []}, timeout=5).status_code == 400
    assert post(api, model).text == "hello world"


def test_many_streams_at_once_each_get_their_own_answer(api: Server, provider: ScriptedProvider) -> None:
    answers: dict[str, str] = {}

    def ask(name: str) -> None:
        text = f"{name} " * 50
        provider.script(name, Scenario(text=text, chunks_per_second=200))
        answers[name] = post(api, name).text if post(api, name).ok else ""
        assert answers[name] == text

    threads = [threading.Thread(target=ask, args=(f"m{100 + number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {name: set(text.split()) for name, text in answers.items()} == {name: {name} for name in answers}
    assert len(answers) == 4


def test_a_body_over_the_limit_is_refused_as_json(api: Server) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    headers = {"Content-Type": "application/json"}
    for body in (b"x" * 3_000_000, pieces()):
        response = requests.post(f"{api.url}/stream", data=body, headers=headers, timeout=10)
        assert (response.status_code, response.json()["code"]) == (413, "bad_request")


def test_followers_beyond_the_limit_are_refused_and_starve_nobody(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(text="word " * 20, chunk_chars=1, chunks_per_second=5))
    thread_id = requests.post(f"{api.url}/threads", json={}, timeout=10).json()["thread_id"]
    asked = {"content": "hello", "model": model}
    with ExitStack() as followed:
        url = f"{api.url}/threads/{thread_id}/runs"
        run = followed.enter_context(requests.post(url, json=asked, headers=NDJSON, stream=True, timeout=10))

        def follow() -> requests.Response:
            return requests.get(f"{api.url}{run.headers['Location']}", headers=NDJSON, stream=True, timeout=10)

        followers = [followed.enter_context(follow()) for _ in range(8)]
        assert {follower.status_code for follower in followers} == {200}
        with follow() as refused:
            assert (refused.status_code, refused.json()["code"]) == (503, "busy")
            assert refused.headers["Retry-After"] == "2"
        assert requests.get(f"{api.url}/health", timeout=2).text == "ok"
        followers[0].close()

        def has_place() -> bool:
            with follow() as follower:
                return follower.status_code == 200

        wait_for(has_place, 5, "a free place")


def test_a_conversation_to_import_has_a_limit_of_its_own(api: Server) -> None:
    with closing(HTTPConnection(urlsplit(api.url).netloc, timeout=10)) as connection:
        connection.putrequest("POST", "/threads")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "32000001")
        connection.endheaders()
        response = connection.getresponse()
        assert response.status == 413
        assert "MAX_IMPORT_BYTES" in json.loads(response.read())["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "not_found"),
        ("GET", "/stream", 405, "bad_request"),
        ("POST", "/stream", 415, "bad_request"),
    ],
)
def test_every_error_is_json(api: Server, method: str, path: str, status: int, code: str) -> None:
    response = requests.request(method, api.url + path, timeout=5)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert set(response.json()) == {"error", "code", "retryable", "request_id"}


def test_broken_json_is_refused_with_a_sentence(api: Server) -> None:
    headers = {"Content-Type": "application/json"}
    response = requests.post(f"{api.url}/stream", data=b'{"mess', headers=headers, timeout=5)
    assert (response.status_code, response.json()["error"][:8]) == (400, "The body")


def test_a_foreign_host_name_is_refused_where_there_is_no_token(api: Server) -> None:
    response = requests.get(f"{api.url}/models", headers={"Host": "evil.example"}, timeout=5)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_ready_and_models_answer(api: Server, models: str) -> None:
    assert requests.get(f"{api.url}/ready", timeout=5).json() == {"ready": True, "provider": "ok", "store": "ok"}
    listed = requests.get(f"{api.url}/models", timeout=5).json()
    assert (listed["default"], len(listed["models"])) == ("m0", len(models.split(",")))


def test_the_clients_request_id_is_kept_where_it_is_sane(api: Server) -> None:
    answered = requests.get(f"{api.url}/health", headers={"X-Request-Id": "abc-1"}, timeout=5)
    assert answered.headers["X-Request-Id"] == "abc-1"
    answered = requests.get(f"{api.url}/health", headers={"X-Request-Id": "a b<script>"}, timeout=5)
    assert "script" not in answered.headers["X-Request-Id"]


def test_the_log_has_a_line_per_run_and_no_text_and_no_key(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="a very private answer"))
    response = post(api, model, {"X-Request-Id": f"id-{model}"})
    assert response.text == "a very private answer"
    wait_for(lambda: f"id-{model}" in api.logged())
    lines = [json.loads(line) for line in api.logged().splitlines() if line.startswith("{")]
    (run,) = [line for line in lines if line["event"] == "run" and line["request_id"] == f"id-{model}"]
    assert (run["model"], run["outcome"], run["estimated"]) == (model, "run.completed", False)
    assert run["output_tokens"] > 0
    assert run["first_token_ms"] > 0
    assert not any(secret in api.logged() for secret in ("private answer", "hello world", "sk-secret"))


@pytest.fixture(params=WORKER_CLASSES)
def mortal_api(
    request: pytest.FixtureRequest, provider: ScriptedProvider, models: str, tmp_path: Path
) -> Iterator[Server]:
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": models, "DRAIN_SECONDS": 1}
    with running_api(tmp_path, WORKER_CLASS=request.param, **settings) as server:
        yield server


def test_sigterm_ends_streams_as_interrupted_within_the_drain(
    mortal_api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(text="x" * 4000, chunks_per_second=20))
    with post(mortal_api, model, NDJSON) as response:
        lines = response.iter_lines()
        next(lines)
        mortal_api.process.send_signal(signal.SIGTERM)
        events = [json.loads(line) for line in lines if line]
    assert (events[-1]["type"], events[-1]["code"]) == ("run.interrupted", "server_shutdown")
    assert any(event["type"] == "message.delta" for event in events)
    assert mortal_api.process.wait(6) == 0


def test_sigterm_with_idle_connections_ends_soon(mortal_api: Server) -> None:
    with requests.Session() as session:
        session.get(f"{mortal_api.url}/health", timeout=5)
        mortal_api.process.send_signal(signal.SIGTERM)
        assert mortal_api.process.wait(6) == 0


def test_a_token_guards_everything_but_health(provider: ScriptedProvider, tmp_path: Path) -> None:
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": "m0", "API_TOKEN": "first,second"}
    with running_api(tmp_path, **settings) as server:
        assert requests.get(f"{server.url}/health", timeout=5).text == "ok"
        for path in ("/ready", "/models", "/openapi.json", "/docs", "/nope"):
            assert requests.get(server.url + path, timeout=5).status_code == 401
            wrong = requests.get(server.url + path, headers={"Authorization": "Bearer third"}, timeout=5)
            assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthorized")
        for token in ("first", "second"):
            allowed = requests.get(f"{server.url}/models", headers={"Authorization": f"Bearer {token}"}, timeout=5)
            assert allowed.status_code == 200


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"BIND_HOST": "0.0.0.0"}, "Set API_TOKEN"),
        ({"GUNICORN_CMD_ARGS": "--bind 0.0.0.0:0"}, "Set API_TOKEN"),
        ({"MAX_STREAMS": "many"}, "MAX_STREAMS is 'many'"),
    ],
)
def test_a_bad_setting_stops_the_start_with_a_sentence(settings: dict[str, str], sentence: str, tmp_path: Path) -> None:
    command = [str(BIN / "gunicorn"), "-c", "api/gunicorn.conf.py", "api:create_app()"]
    environment = clean_environment(**{"PORT": 8000, **settings})
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
