"""The API as it is deployed: gunicorn with real sockets, gevent and gthread, in front of a scripted provider."""

import itertools
import json
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.missing import program
from tests.support.processes import BIN, ROOT, WAIT_SECONDS, Server, clean_environment, free_port, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

WORKER_CLASSES = ("gevent", "gthread")
SETTINGS = {"MAX_STREAMS": 8, "HEARTBEAT_SECONDS": 0.5}
SSE = {"Accept": "text/event-stream"}
NDJSON = {"Accept": "application/x-ndjson"}
NEVER = 10 * WAIT_SECONDS
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


@pytest.fixture(scope="module")
def impatient_api(
    worker_class: str, provider: ScriptedProvider, models: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    limits = {"FIRST_TOKEN_SECONDS": 0.5, "STALL_SECONDS": 0.5}
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": models, "WORKER_CLASS": worker_class}
    with running_api(tmp_path_factory.mktemp("impatient"), **settings, **limits) as server:
        yield server


@pytest.fixture
def model(provider: ScriptedProvider) -> str:
    """A model name of this test's own."""
    return f"m{next(names)}"


def post(server: Server, model: str, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
    body = {"thread_id": "t", "messages": [{"role": "user", "content": "hello world"}], "model": model, **more}
    return requests.post(f"{server.url}/stream", json=body, headers=headers, stream=True, timeout=WAIT_SECONDS)


def events_of(response: requests.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.iter_lines() if line]


def curl(server: Server, model: str) -> subprocess.CompletedProcess[str]:
    body = json.dumps({"thread_id": "t", "messages": [{"role": "user", "content": "hello world"}], "model": model})
    command = [program("curl"), "-sN", f"{server.url}/stream", "-H", "content-type: application/json", "-d", body]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)


def run_logged(server: Server, request_id: str) -> dict[str, Any]:
    """Wait for the line about the run of a request."""

    def line() -> dict[str, Any] | None:
        lines = [json.loads(line) for line in server.logged().splitlines() if request_id in line]
        return next((line for line in lines if line["event"] == "run"), None)

    return wait_for(line, what="the line of the run")


def test_a_bare_curl_gets_the_text_and_exit_code_0(api: Server, model: str) -> None:
    done = curl(api, model)
    assert (done.stdout, done.returncode) == ("hello world", 0)


@pytest.mark.parametrize("encoding", [{}, {"Accept-Encoding": "gzip, deflate"}], ids=["plain", "gzip"])
def test_text_arrives_while_the_model_speaks(
    api: Server, provider: ScriptedProvider, model: str, encoding: dict[str, str]
) -> None:
    provider.script(model, Scenario(text="abcdefgh", chunk_chars=1, held_after_chunks=3))
    with post(api, model, encoding) as response:
        pieces = response.iter_content(1)
        assert [next(pieces), next(pieces)] == [b"a", b"b"]
        assert provider.calls(model)[0].ended_at is None
        provider.release(model)
        assert b"".join(pieces) == b"cdefgh"


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
    provider.script(model, Scenario(held_after_chunks=0))
    with post(api, model, SSE) as response:
        lines = response.iter_lines()
        assert next(lines) == b": open"
        assert [next(line for line in lines if line.startswith(b":")) for _ in range(2)] == [b": heartbeat"] * 2
        provider.release(model)
        assert b"event: run.completed" in list(lines)


def test_a_provider_that_never_begins_ends_as_upstream_timeout(
    impatient_api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(wait_before_headers=NEVER))
    events = events_of(post(impatient_api, model, NDJSON))
    assert (events[-1]["type"], events[-1]["code"]) == ("run.failed", "upstream_timeout")
    provider.wait_for(lambda calls: next(call for call in calls if call.model == model).client_closed_at)


def test_comments_of_the_provider_do_not_count_against_the_stall_limit(
    impatient_api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(text="abcdefgh", pause_after_chunks=2, pause=NEVER, comment_every=0.1))
    events = events_of(post(impatient_api, model, NDJSON))
    assert events[-1]["code"] == "upstream_timeout"
    assert "".join(event.get("text", "") for event in events) == "abcd"


def test_an_answer_without_finish_reason_is_truncated(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="half", finish_reason=None, has_end_mark=False))
    events = events_of(post(api, model, NDJSON))
    assert (events[-1]["code"], events[-1]["retryable"]) == ("upstream_truncated", True)


@pytest.mark.parametrize("headers", [SSE, {}], ids=["events", "text"])
@pytest.mark.parametrize("silence", ["before_headers", "before_text", "within"])
def test_a_client_that_leaves_ends_the_run_and_closes_the_provider(
    api: Server, provider: ScriptedProvider, model: str, silence: str, headers: dict[str, str]
) -> None:
    quiet = {
        "before_headers": Scenario(wait_before_headers=NEVER),
        "before_text": Scenario(wait_before_first_chunk=NEVER),
        "within": Scenario(text="abcdefgh", pause_after_chunks=2, pause=NEVER),
    }[silence]
    provider.script(model, quiet)
    with socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2]))) as client:
        body = json.dumps({"messages": [{"role": "user", "content": "x"}], "model": model}).encode()
        head = f"POST /stream HTTP/1.1\r\nHost: localhost\r\nAccept: {headers.get('Accept', '*/*')}\r\n"
        head += f"X-Request-Id: left-{model}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        wait_for(lambda: provider.calls(model))
    provider.wait_for(lambda calls: next(call for call in calls if call.model == model).client_closed_at)
    assert run_logged(api, f"left-{model}")["outcome"] == "run.cancelled"


def test_over_capacity_is_busy_while_health_answers_and_slots_come_back(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    wait_for(lambda: events_of(post(api, f"m{150 + next(names) % 40}", NDJSON))[-1]["type"] == "run.completed")
    provider.script(model, Scenario(held_after_chunks=2))
    streams = [post(api, model, SSE) for _ in range(SETTINGS["MAX_STREAMS"])]
    assert {stream.status_code for stream in streams} == {200}
    refused = post(api, model, SSE)
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (503, "busy", "2")
    assert requests.get(f"{api.url}/health", timeout=WAIT_SECONDS).text == "ok"
    for stream in streams:
        stream.close()
    wait_for(lambda: post(api, f"m{next(names)}").status_code == 200)


def test_requests_that_never_start_a_stream_leak_no_slot(api: Server, model: str) -> None:
    for _ in range(3 * SETTINGS["MAX_STREAMS"]):
        assert requests.head(f"{api.url}/stream", timeout=WAIT_SECONDS).status_code == 405
        assert requests.post(f"{api.url}/stream", json={"messages": []}, timeout=WAIT_SECONDS).status_code == 400
    assert post(api, model).text == "hello world"


def test_many_streams_at_once_each_get_their_own_answer(api: Server, provider: ScriptedProvider) -> None:
    answers: dict[str, str] = {}

    def ask(name: str) -> None:
        provider.script(name, Scenario(text=f"{name} " * 50, chunks_per_second=200))
        answers[name] = post(api, name).text

    threads = [threading.Thread(target=ask, args=(f"m{100 + number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert answers == {name: f"{name} " * 50 for name in ("m100", "m101", "m102", "m103")}


def test_a_body_over_the_limit_is_refused_as_json(api: Server) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    headers = {"Content-Type": "application/json"}
    for body in (b"x" * 3_000_000, pieces()):
        response = requests.post(f"{api.url}/stream", data=body, headers=headers, timeout=WAIT_SECONDS)
        assert (response.status_code, response.json()["code"]) == (413, "bad_request")


def test_followers_beyond_the_limit_are_refused_and_starve_nobody(
    api: Server, provider: ScriptedProvider, model: str
) -> None:
    provider.script(model, Scenario(held_after_chunks=2))
    thread_id = requests.post(f"{api.url}/threads", json={}, timeout=WAIT_SECONDS).json()["thread_id"]
    asked = {"content": "hello", "model": model}
    with ExitStack() as followed:
        url = f"{api.url}/threads/{thread_id}/runs"
        run = followed.enter_context(requests.post(url, json=asked, headers=NDJSON, stream=True, timeout=WAIT_SECONDS))

        def follow() -> requests.Response:
            path = run.headers["Location"]
            return requests.get(f"{api.url}{path}", headers=NDJSON, stream=True, timeout=WAIT_SECONDS)

        followers = [followed.enter_context(follow()) for _ in range(8)]
        assert {follower.status_code for follower in followers} == {200}
        with follow() as refused:
            assert (refused.status_code, refused.json()["code"]) == (503, "busy")
            assert refused.headers["Retry-After"] == "2"
        assert requests.get(f"{api.url}/health", timeout=WAIT_SECONDS).text == "ok"
        followers[0].close()

        def has_place() -> bool:
            with follow() as follower:
                return follower.status_code == 200

        wait_for(has_place, what="a free place")


def test_a_conversation_to_import_has_a_limit_of_its_own(api: Server) -> None:
    with closing(HTTPConnection(urlsplit(api.url).netloc, timeout=WAIT_SECONDS)) as connection:
        connection.putrequest("POST", "/threads")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "32000001")
        connection.endheaders()
        response = connection.getresponse()
        assert response.status == 413
        assert "MAX_IMPORT_BYTES" in json.loads(response.read())["error"]


def test_an_error_is_json(api: Server) -> None:
    response = requests.get(f"{api.url}/nope", timeout=WAIT_SECONDS)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert response.json()["request_id"] == response.headers["X-Request-Id"]


def test_ready_and_models_answer(api: Server, models: str) -> None:
    ready = requests.get(f"{api.url}/ready", timeout=WAIT_SECONDS).json()
    assert ready == {"ready": True, "provider": "ok", "store": "ok"}
    listed = requests.get(f"{api.url}/models", timeout=WAIT_SECONDS).json()
    assert (listed["default"], len(listed["models"])) == ("m0", len(models.split(",")))


def test_the_log_has_a_line_per_run_and_no_text_and_no_key(api: Server, provider: ScriptedProvider, model: str) -> None:
    provider.script(model, Scenario(text="a very private answer"))
    response = post(api, model, {"X-Request-Id": f"id-{model}"})
    assert response.text == "a very private answer"
    run = run_logged(api, f"id-{model}")
    assert (run["model"], run["outcome"], run["estimated"]) == (model, "run.completed", False)
    assert run["output_tokens"] > 0
    assert run["first_token_ms"] > 0
    assert not any(secret in api.logged() for secret in ("private answer", "hello world", "sk-secret"))


@contextmanager
def mortal_api(provider: ScriptedProvider, folder: Path, worker_class: str, drain_seconds: float) -> Iterator[Server]:
    """Run a server that a test ends."""
    settings = {"OPENAI_BASE_URL": provider.base_url, "WORKER_CLASS": worker_class, "DRAIN_SECONDS": drain_seconds}
    with running_api(folder, **settings) as server:
        yield server


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_sigterm_ends_streams_as_interrupted_at_the_drain_limit(
    provider: ScriptedProvider, worker_class: str, tmp_path: Path
) -> None:
    provider.script("scripted", Scenario(text="x" * 4000, held_after_chunks=3))
    with mortal_api(provider, tmp_path, worker_class, 1) as server, post(server, "scripted", NDJSON) as response:
        lines = response.iter_lines()
        next(lines)
        server.process.send_signal(signal.SIGTERM)
        events = [json.loads(line) for line in lines if line]
        assert (events[-1]["type"], events[-1]["code"]) == ("run.interrupted", "server_shutdown")
        assert "".join(event.get("text", "") for event in events) == "x" * 8
        assert server.process.wait(WAIT_SECONDS) == 0


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_sigterm_waits_for_a_stream_and_not_for_idle_connections(
    provider: ScriptedProvider, worker_class: str, tmp_path: Path
) -> None:
    provider.script("scripted", Scenario(held_after_chunks=3))
    with mortal_api(provider, tmp_path, worker_class, NEVER) as server, requests.Session() as idle:
        idle.get(f"{server.url}/health", timeout=WAIT_SECONDS)
        with post(server, "scripted", NDJSON) as response:
            lines = response.iter_lines()
            next(lines)
            server.process.send_signal(signal.SIGTERM)
            provider.release("scripted")
            assert b'"type":"run.completed"' in list(lines)[-1]
        assert server.process.wait(WAIT_SECONDS) == 0


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"GUNICORN_CMD_ARGS": "--bind 0.0.0.0:0"}, "Set API_TOKEN"),
        ({"MAX_STREAMS": "many"}, "MAX_STREAMS is 'many'"),
        ({"OPENAI_BASE_URL": "http://[::1", "LLM_MODEL": "m"}, "OPENAI_BASE_URL is 'http://[::1'"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL has to name a file that lasts"),
        ({"DATABASE_URL": "sqlite:////nonexistent/x.db"}, "DATABASE_URL names the file /nonexistent/x.db"),
        ({"DATABASE_URL": "sqlite:///{folder}/newer.db"}, "The database has a newer schema"),
    ],
)
def test_a_bad_setting_stops_the_start_with_a_sentence(
    settings: dict[str, str], sentence: str, worker_class: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "newer.db")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
        connection.commit()
    command = [str(BIN / "gunicorn"), "-c", "api/gunicorn.conf.py", "api:create_app()"]
    usual = {"PORT": free_port(), "WORKER_CLASS": worker_class, "DATABASE_URL": f"sqlite:///{tmp_path}/decant.db"}
    given = {name: value.format(folder=tmp_path) for name, value in settings.items()}
    environment = clean_environment(**{**usual, **given})
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
    )
    assert done.returncode != 0
    assert "decant api: " in done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 6
