"""Two API servers over one database, with MCP servers: what a model is scripted to call, and what comes of it."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from api.ids import new_id
from tests.support.postgres import fresh_database
from tests.support.processes import ROOT, Server, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.thread_api import MODELS, ThreadApi, events_of

SERVER = {
    "command": sys.executable,
    "args": ["-m", "tests.support.tool_server"],
    "cwd": str(ROOT),
    "env": {"NOTE": "${NOTE}"},
    "policy": {
        "slow": "always",
        "large": "always",
        "fail": "always",
        "die": "always",
        "numbers": "always",
        "links": "always",
    },
    "silence_seconds": 5,
}
OLDER = {
    "command": sys.executable,
    "args": ["-m", "tests.support.older_tool_server"],
    "cwd": str(ROOT),
    "env": {"NOTE": "${NOTE}"},
    "policy": {"*": "always"},
    "silence_seconds": 2,
}
SETTINGS = {
    "LLM_MODEL": MODELS,
    "FIRST_TOKEN_SECONDS": 20,
    "STALL_SECONDS": 10,
    "HEARTBEAT_SECONDS": 0.5,
    "MAX_STEPS": 4,
    "MCP_SERVERS": json.dumps({"mcpServers": {"scripted": SERVER}}),
}
TOOL_PAIRS = [("gevent", "sqlite"), ("gthread", "postgres")]


def calling(*calls: tuple[str, str, str], text: str = "", fields: dict[str, Any] | None = None) -> Scenario:
    """Script an answer that calls tools: ids, names and arguments as they are written."""
    pieces = [
        {"index": at, "id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (call_id, name, arguments) in enumerate(calls)
    ]
    deltas = [{"role": "assistant", "content": text, **(fields or {})}, {"tool_calls": pieces}]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
    lines = [f"data: {json.dumps({'object': 'chat.completion.chunk', **chunk})}\n\n" for chunk in chunks]
    return Scenario(raw=(*lines, "data: [DONE]\n\n"))


def echo(call_id: str = "c1", text: str = "hi") -> tuple[str, str, str]:
    """A call of the scripted server's `echo`, which a person has to approve."""
    return (call_id, "scripted__echo", json.dumps({"text": text}))


class ToolApi(ThreadApi):
    """Both servers and the provider, and requests about tools."""

    def decide(self, run_id: str, call_id: str, *, at: Server | None = None, **body: Any) -> requests.Response:
        """Decide about a call."""
        return self.ask("POST", f"/runs/{run_id}/tool_calls/{call_id}", at=at, json=body)

    def parked(self, thread_id: str, **body: Any) -> tuple[str, list[dict[str, Any]]]:
        """Run until the run waits; return its id and the events so far."""
        response = self.start(thread_id, **body)
        events = []
        for line in response.iter_lines():
            if line:
                events.append(json.loads(line))
            if events and events[-1]["type"] == "usage":
                break
        response.close()
        run_id = events[0]["run_id"]
        wait_for(lambda: self.status(run_id) == "requires_action", what="the run to wait")
        return run_id, events

    def status(self, run_id: str) -> str:
        """Return a run's status."""
        return str(self.ask("GET", f"/runs/{run_id}").json()["status"])

    def events(self, run_id: str, at: Server | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Read a run to its end."""
        path = f"/runs/{run_id}/events?after={after}"
        return events_of(self.ask("GET", path, at=at, headers={"Accept": "application/x-ndjson"}, stream=True))


def types_of(events: list[dict[str, Any]]) -> list[str]:
    """Name the events, pieces of text once."""
    names = [event["type"] for event in events]
    return [name for at, name in enumerate(names) if name != "message.delta" or names[at - 1 : at] != [name]]


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module", params=TOOL_PAIRS, ids="-".join)
def tool_api(
    request: pytest.FixtureRequest, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ToolApi]:
    """Two servers over one database, each with its own connection to the MCP server."""
    worker_class, database = request.param
    provider.reset()
    folder = tmp_path_factory.mktemp("api")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/decant.db"
        if database == "postgres":
            server, template = (request.getfixturevalue(name) for name in ("postgres_url", "migrated_template"))
            url = stack.enter_context(fresh_database(server, f"decant_{new_id()[-12:]}", template))
        settings = {
            **SETTINGS,
            "OPENAI_BASE_URL": provider.base_url,
            "DATABASE_URL": url,
            "WORKER_CLASS": worker_class,
            "NOTE": folder / "note.txt",
        }
        first = stack.enter_context(running_api(folder, **settings))
        second = stack.enter_context(running_api(folder, **settings))
        for server in (first, second):
            wait_for(lambda url=server.url: is_ready(url), what="the MCP server")  # type: ignore[misc]
        yield ToolApi(first, second, provider)
        logged = first.logged() + second.logged()
        assert "Traceback" not in logged, logged


def is_ready(url: str) -> bool:
    """Say whether every MCP server of an API server is ready."""
    listed = requests.get(f"{url}/tools", timeout=10).json()["servers"]
    return bool(listed) and all(server["status"] == "ready" for server in listed)
