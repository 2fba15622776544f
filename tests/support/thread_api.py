"""Two servers over one database for the tests of threads and runs: import the fixtures in a `conftest.py`.

The second server stands for another worker of the first: what it knows of a run, it knows from the database.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from api.ids import new_id
from tests.support.contract import Contract
from tests.support.postgres import fresh_database
from tests.support.processes import WAIT_SECONDS, Server, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.provider.server import Call

SSE = {"Accept": "text/event-stream"}
NDJSON = {"Accept": "application/x-ndjson"}
MODELS = ",".join(f"m{number}" for number in range(300))
JSON = ("application/json", "application/json; charset=utf-8")
PAIRS = [("gevent", "sqlite"), ("gthread", "postgres"), ("gthread", "sqlite"), ("gevent", "postgres")]
SETTINGS = {"LLM_MODEL": MODELS, "FIRST_TOKEN_SECONDS": 20, "STALL_SECONDS": 10, "HEARTBEAT_SECONDS": 0.5}
CONTRACT = Contract(OPENAI_BASE_URL="http://localhost", LLM_MODEL=MODELS)


@dataclass
class ThreadApi:
    """Both servers, the provider, and the requests that the tests make."""

    server: Server
    other: Server
    provider: ScriptedProvider
    names: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, method: str, path: str, *, at: Server | None = None, **options: Any) -> requests.Response:
        """Make a request of the first server or of another; JSON has to be what the contract says."""
        response = requests.request(method, (at or self.server).url + path, timeout=WAIT_SECONDS, **options)
        if not options.get("stream") and (content_type := response.headers.get("content-type", "")) in JSON:
            CONTRACT.check(method, path, response.status_code, content_type, response.json())
        return response

    def create_thread(self, **fields: Any) -> str:
        """Make a thread and return its id."""
        created = self.ask("POST", "/threads", json=fields)
        assert created.status_code == 201, created.text
        return str(created.json()["thread_id"])

    def script(self, *scenarios: Scenario) -> str:
        """Take a model name of this test's own; without scenarios it repeats the last user message."""
        model = f"m{next(self.names)}"
        return self.provider.script(model, *scenarios) if scenarios else model

    def start(
        self,
        thread_id: str,
        *,
        key: str | None = None,
        accept: dict[str, str] = NDJSON,
        at: Server | None = None,
        **body: Any,
    ) -> requests.Response:
        """Start a run; its stream is the response."""
        headers = {**accept, **({"Idempotency-Key": key} if key else {})}
        return self.ask("POST", f"/threads/{thread_id}/runs", at=at, json=body, headers=headers, stream=True)

    def run(self, thread_id: str, **body: Any) -> list[dict[str, Any]]:
        """Run to the end and return the events."""
        response = self.start(thread_id, **body)
        assert response.status_code == 200, response.text
        return events_of(response)

    def messages(self, thread_id: str, at: Server | None = None) -> list[dict[str, Any]]:
        """List the messages of a thread."""
        listed: list[dict[str, Any]] = self.ask("GET", f"/threads/{thread_id}/messages", at=at).json()["messages"]
        return listed

    def ended(self, run_id: str, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """Wait for a run to be over and return it."""
        return wait_for(lambda: _over(self.ask("GET", f"/runs/{run_id}", at=self.other).json()), seconds, "its end")

    def call(self, model: str) -> Call:
        """Wait for the call of a model."""
        return wait_for(lambda: self.provider.calls(model), what="the call")[-1]

    def told(self, model: str) -> list[tuple[str, str]]:
        """Return what the provider was told in its last call of a model."""
        return [(message["role"], message["content"]) for message in self.call(model).body["messages"]]


def events_of(response: requests.Response) -> list[dict[str, Any]]:
    """Read a stream of JSON lines to its end."""
    return [json.loads(line) for line in lines_of(response)]


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message."""
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


def lines_of(response: requests.Response) -> Iterator[bytes]:
    """Read a stream of JSON lines, without those that are heartbeats."""
    return (line for line in response.iter_lines() if line)


def _over(run: dict[str, Any]) -> dict[str, Any] | None:
    return run if run["status"] not in ("running", "requires_action") else None


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    """A provider for a module."""
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def thread_api(
    request: pytest.FixtureRequest, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ThreadApi]:
    """Two workers, and one of another server, over one database."""
    worker_class, database = request.param
    provider.reset()
    folder = tmp_path_factory.mktemp("api")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/decant.db"
        if database == "postgres":
            server, template = (request.getfixturevalue(name) for name in ("postgres_url", "migrated_template"))
            url = stack.enter_context(fresh_database(server, f"decant_{new_id()[-12:]}", template))
        settings = {**SETTINGS, "OPENAI_BASE_URL": provider.base_url, "DATABASE_URL": url, "WORKER_CLASS": worker_class}
        first = stack.enter_context(running_api(folder, WEB_CONCURRENCY=2, **settings))
        second = stack.enter_context(running_api(folder, **settings))
        yield ThreadApi(first, second, provider)
        logged = first.logged() + second.logged()
        assert "Traceback" not in logged, logged
