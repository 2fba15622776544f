"""Nothing that ends is left to the collector: with it off, all that a run needed is gone once it is over."""

import contextlib
import json
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.support.mcp_face import McpFace
from tests.support.processes import Server, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.tool_api import OLDER, SERVER, calling, echo, is_ready

SSE, NDJSON, TEXT = "text/event-stream", "application/x-ndjson", "text/plain"
WORDS = "word " * 200
QUESTION = [{"role": "user", "content": "hi"}]
TIMES = 5


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def server(
    request: pytest.FixtureRequest, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = {
        "OPENAI_BASE_URL": provider.base_url,
        "LLM_MODEL": "whole,broken,refusing,silent,calling,asking",
        "WORKER_CLASS": request.param,
        "MAX_STREAMS": 20,
        "MAX_STEPS": 3,
        "MCP_SERVERS": json.dumps({"mcpServers": {"scripted": SERVER, "older": OLDER}}),
        "NOTE": "/dev/null",
    }
    provider.script("calling", calling(("c", "scripted__large", '{"chars": 5}')))
    provider.script("asking", calling(echo(), text="Let me see."))
    provider.script("whole", Scenario(text=WORDS))
    provider.script("broken", Scenario(text=WORDS, ending="cut"))
    provider.script("refusing", Scenario(status=401))
    provider.script("silent", Scenario(text=WORDS, pause_after_chunks=3, pause=30))
    folder = tmp_path_factory.mktemp("memory")
    with running_api(folder, "tests.support.living_objects:create_app()", **settings) as server:
        wait_for(lambda: is_ready(server.url), what="the MCP server")
        for use in USES.values():
            use(server)
        yield server


def stream(server: Server, model: str, accept: str) -> None:
    body = {"messages": QUESTION, "model": model}
    with contextlib.suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        requests.post(f"{server.url}/stream", json=body, headers={"Accept": accept}, timeout=30)


def leave(server: Server, model: str, accept: str) -> None:
    body = {"messages": QUESTION, "model": model}
    with requests.post(
        f"{server.url}/stream", json=body, headers={"Accept": accept}, stream=True, timeout=30
    ) as response:
        next(response.iter_content(None))


def run(server: Server, model: str, accept: str, *, is_cancelled: bool = False, is_left: bool = False) -> None:
    thread_id = requests.post(f"{server.url}/threads", json={}, timeout=30).json()["thread_id"]
    body = {"content": "hi", "model": model}
    asked = {"json": body, "headers": {"Accept": accept}, "stream": True, "timeout": 30}
    with requests.post(f"{server.url}/threads/{thread_id}/runs", **asked) as response:
        run_id = response.headers["X-Run-Id"]
        lines = response.iter_lines()
        next(lines)
        if is_cancelled:
            requests.post(f"{server.url}/runs/{run_id}/cancel", timeout=30)
        if not is_left:
            list(lines)
    events = requests.get(f"{server.url}/runs/{run_id}/events", headers={"Accept": NDJSON}, timeout=30)
    assert json.loads(events.text.splitlines()[-1])["type"].startswith("run.")


def call(server: Server, decision: str, tool: str = "scripted/echo", **answer: object) -> None:
    thread_id = requests.post(f"{server.url}/threads", json={}, timeout=30).json()["thread_id"]
    body = {"content": "hi", "tool": {"name": tool, "arguments": {"text": "hi"}}}
    asked = {"json": body, "headers": {"Accept": NDJSON}, "stream": True, "timeout": 30}
    with requests.post(f"{server.url}/threads/{thread_id}/runs", **asked) as response:
        lines = response.iter_lines()
        while b'"usage"' not in next(lines):
            pass
        run_id = response.headers["X-Run-Id"]
        if decision == "cancel":
            requests.post(f"{server.url}/runs/{run_id}/cancel", timeout=30)
        else:
            path = f"/runs/{run_id}/tool_calls/call_by_hand"
            requests.post(server.url + path, json={"decision": decision, **answer}, timeout=30)
        assert json.loads([line for line in lines if line][-1])["type"] in ("run.completed", "run.cancelled")


def ask(server: Server, model: str, *, is_older: bool = False, is_left: bool = False) -> None:
    face = McpFace(server.url)
    with (face.initialized() if is_older else face).asking(prompt="hi", model=model) as messages:
        told = [next(messages)]
        if not is_left:
            # An answer that is there at once has no progress in front of it.
            assert "result" in [*told, *messages][-1]


USES: dict[str, Callable[[Server], None]] = {
    "a whole answer as events": lambda server: stream(server, "whole", SSE),
    "a whole answer as lines": lambda server: stream(server, "whole", NDJSON),
    "a whole answer as text": lambda server: stream(server, "whole", TEXT),
    "an answer that breaks off as events": lambda server: stream(server, "broken", SSE),
    "an answer that breaks off as text": lambda server: stream(server, "broken", TEXT),
    "a refused key as events": lambda server: stream(server, "refusing", SSE),
    "a refused key as text": lambda server: stream(server, "refusing", TEXT),
    "a client that leaves": lambda server: leave(server, "silent", SSE),
    "a client that leaves the text": lambda server: leave(server, "silent", TEXT),
    "a stored run": lambda server: run(server, "whole", SSE),
    "a run that calls tools until it may not": lambda server: run(server, "calling", NDJSON),
    "a call that is allowed": lambda server: call(server, "approve"),
    "a call that is denied": lambda server: call(server, "deny"),
    "a call that is cancelled while it waits": lambda server: call(server, "cancel"),
    "an open call that is answered": lambda server: call(server, "answer", "older/ask", content={"name": "Ann"}),
    "an open call that is declined": lambda server: call(server, "deny", "older/ask"),
    "an open call that fails": lambda server: call(server, "deny", "older/ask_and_fail"),
    "an open call that is cancelled while it waits": lambda server: call(server, "cancel", "older/ask"),
    "a stored run that fails": lambda server: run(server, "broken", NDJSON),
    "a stored run that is cancelled": lambda server: run(server, "silent", SSE, is_cancelled=True),
    "an answer to an MCP client": lambda server: ask(server, "whole"),
    "an answer to an older MCP client": lambda server: ask(server, "whole", is_older=True),
    "a failure told to an MCP client": lambda server: ask(server, "broken"),
    "an MCP client that leaves": lambda server: ask(server, "silent", is_left=True),
    "an MCP client's call that waits for a person": lambda server: ask(server, "asking"),
    "a stored run whose reader leaves": lambda server: run(server, "whole", SSE, is_left=True),
}


def living(server: Server) -> dict[str, int]:
    return dict(requests.get(f"{server.url}/living", timeout=30).json())


def left_after(server: Server, use: Callable[[Server], None]) -> dict[str, int]:
    """Return the kinds of which there are as many more as there were uses, ten seconds later."""
    before = living(server)
    for _ in range(TIMES):
        use(server)

    def left() -> dict[str, int]:
        now = living(server)
        return {name: more for name, count in now.items() if (more := count - before.get(name, 0)) >= TIMES}

    with contextlib.suppress(AssertionError):
        wait_for(lambda: not left(), 10)
    return left()


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_with_the_collector_off_nothing_stays(server: Server, use: Callable[[Server], None]) -> None:
    if left := left_after(server, use):
        # What the threads that serve next hold of one or two runs, each with its events, does not grow; a leak does.
        grown = left_after(server, use)
        assert {name: grown[name] for name in left.keys() & grown.keys()} == {}
