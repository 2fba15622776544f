"""Behind nginx and by curl as it is; and beside a provider that never stops, in a process with little memory."""

import gzip
import itertools
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from tests.chaos.surroundings import BOUNDED, nginx_before
from tests.support.missing import program
from tests.support.processes import WAIT_SECONDS, Server, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

WORDS = "".join(f"{number:03d} " for number in range(40))
SSE = ["-H", "accept: text/event-stream", "-H", "content-type: application/json"]
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def front(provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("nginx")
    with running_api(folder, OPENAI_BASE_URL=provider.base_url) as api, nginx_before(api, folder) as front:
        yield front


def curl(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([program("curl"), "-sN", *arguments], stdout=subprocess.PIPE)


def events_in(text: bytes) -> list[tuple[int, str, str]]:
    """Return number, type and data of each event."""
    frames = [
        dict(line.split(": ", 1) for line in frame.splitlines()) for frame in text.decode().split("\n\n") if frame
    ]
    return [(int(frame["id"]), frame["event"], frame["data"]) for frame in frames if "id" in frame]


def said_in(events: Iterable[tuple[int, str, str]]) -> str:
    return "".join(json.loads(data)["text"] for _, kind, data in events if kind == "message.delta")


def test_curl_reads_through_nginx_as_it_comes_and_goes_on_where_it_was_cut(
    front: Server, provider: ScriptedProvider
) -> None:
    provider.script("scripted", Scenario(text=WORDS, held_after_chunks=20))
    thread = requests.post(f"{front.url}/threads", json={}, timeout=WAIT_SECONDS).json()["thread_id"]
    with curl(f"{front.url}/threads/{thread}/runs", *SSE, "-d", '{"content":"q"}') as reading:
        assert reading.stdout is not None
        first = b"".join(iter(lambda: reading.stdout.readline() if reading.stdout else b"", b"event: message.delta\n"))
        first += b"event: message.delta\n" + reading.stdout.readline() + reading.stdout.readline()
        assert provider.calls("scripted")[-1].ended_at is None
        reading.kill()
    begun = events_in(first)
    run_id = json.loads(begun[0][2])["run_id"]
    provider.release("scripted")
    resume = [f"{front.url}/runs/{run_id}/events", "-H", f"last-event-id: {begun[-1][0]}", *SSE[:2]]
    with curl(*resume) as reading:
        rest = events_in(reading.communicate(timeout=WAIT_SECONDS)[0])
    assert reading.returncode == 0
    assert [number for number, _, _ in begun + rest] == list(range(1, len(begun + rest) + 1))
    assert said_in(begun + rest) == WORDS
    assert rest[-1][1] == "run.completed"


def test_nginx_hands_on_plain_text_and_what_curl_says_of_a_failure(front: Server, provider: ScriptedProvider) -> None:
    asked = ["-H", "content-type: application/json", "-d", '{"messages":[{"role":"user","content":"q"}]}']
    provider.script("scripted", Scenario(text=WORDS))
    with curl(f"{front.url}/stream", *asked) as reading:
        assert reading.communicate(timeout=WAIT_SECONDS)[0].decode() == WORDS
    provider.script("scripted", Scenario(text="half", finish_reason=None, has_end_mark=False))
    with curl(f"{front.url}/stream", *asked) as reading:
        assert reading.communicate(timeout=WAIT_SECONDS)[0].startswith(b"half")
    assert reading.returncode != 0


class Endless:
    """A provider that answers every request with the same pieces, without an end."""

    def __init__(self, answers: dict[str, Callable[[], Iterable[bytes]]]) -> None:
        self._answers = answers
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.base_url = f"http://127.0.0.1:{self._server.getsockname()[1]}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._pour, args=(connection,), daemon=True).start()

    def _pour(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            asked = connection.recv(65536)
            name = (
                "models" if b"/models " in asked else next((key for key in self._answers if key.encode() in asked), "")
            )
            for piece in self._answers.get(name, lambda: ())():
                connection.sendall(piece)


OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


def flood(call: Callable[[int], object]) -> Callable[[], Iterable[bytes]]:
    def pieces() -> Iterator[bytes]:
        yield OK
        for number in itertools.count():
            yield f"data: {json.dumps({'choices': [{'delta': {'tool_calls': [call(number)]}}]})}\n\n".encode()

    return pieces


BOMB = gzip.compress(gzip.compress(bytes(512 * MEGABYTE), 9), 9)
ANSWERS: dict[str, Callable[[], Iterable[bytes]]] = {
    "models": lambda: itertools.chain([OK], itertools.repeat(b'{"id":"m"},' * 5000)),
    "many-calls": flood(lambda number: {"index": number, "id": f"c{number}", "function": {"name": "f"}}),
    "long-arguments": flood(lambda _: {"index": 0, "function": {"arguments": "x" * 10_000}}),
    "long-line": lambda: itertools.chain([OK, b"data: "], itertools.repeat(b"x" * 60_000)),
    "keep-alives": lambda: itertools.chain([OK], itertools.repeat(b": and on\n\n" * 1000)),
    "heads": lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 500),
    "bomb": lambda: [b"HTTP/1.1 500 No\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB), BOMB],
    "zipped": lambda: [b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB), BOMB],
}


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_a_provider_that_never_ends_takes_no_worker_down(worker_class: str, tmp_path: Path) -> None:
    provider = Endless(ANSWERS)
    models = [name for name in ANSWERS if name != "models"]
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": ",".join(models), "WORKER_CLASS": worker_class}
    limits = {"FIRST_TOKEN_SECONDS": 3, "STALL_SECONDS": 3, "PYTHONPATH": "."}
    with running_api(tmp_path, BOUNDED, **settings, **limits) as api:
        workers = psutil.Process(api.process.pid).children()
        before = sum(worker.memory_info().rss for worker in workers)
        for model in models:
            thread = requests.post(f"{api.url}/threads", json={}, timeout=WAIT_SECONDS).json()["thread_id"]
            asked = {"content": "q", "model": model}
            response = requests.post(f"{api.url}/threads/{thread}/runs", json=asked, timeout=WAIT_SECONDS)
            run = wait_for(lambda thread=thread: ended(api, thread), what=f"the end of {model}")  # type: ignore[misc]
            assert run["status"] == "failed", (model, run, response.status_code)
            assert requests.get(f"{api.url}/health", timeout=WAIT_SECONDS).text == "ok"
            assert requests.get(f"{api.url}/ready", timeout=WAIT_SECONDS).status_code == 503
        assert psutil.Process(api.process.pid).children() == workers
        assert sum(worker.memory_info().rss for worker in workers) - before < 200 * MEGABYTE
        assert "Traceback" not in api.logged()
    provider.stop()


def ended(api: Server, thread: str) -> dict[str, object] | None:
    listed = requests.get(f"{api.url}/threads/{thread}/messages", timeout=WAIT_SECONDS).json()["messages"]
    run: dict[str, object] | None = listed[-1]["run"] if len(listed) == 2 else None
    return run if run and run["status"] != "running" else None
