"""`/mcp` counts against the limits, drains and tells strangers of this machine's name as every other route does."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mcp_face import McpFace
from tests.support.processes import Server, running_api
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

HELD = Scenario(text="begun and then held", held_after_chunks=2)


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        provider.script("held", HELD)
        yield provider


@pytest.fixture(params=("gevent", "gthread"))
def api(request: pytest.FixtureRequest, provider: ScriptedProvider, tmp_path: Path) -> Iterator[Server]:
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": "held", "WORKER_CLASS": request.param}
    with running_api(tmp_path, MAX_STREAMS=1, **settings) as server:
        yield server


def test_a_full_server_says_when_to_come_back_and_makes_no_thread(api: Server) -> None:
    face = McpFace(api.url)
    with face.asking(prompt="first") as messages:
        next(messages)
        refused = face.request("tools/call", name="ask", arguments={"prompt": "second"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        error = refused.json()["error"]
        assert (error["data"]["code"], error["data"]["retryable"]) == ("busy", True)
        assert len(face.call("list_threads")["structuredContent"]["threads"]) == 1


def test_an_answer_that_outlives_the_drain_ends_with_a_result(api: Server) -> None:
    with McpFace(api.url).asking(prompt="first") as messages:
        next(messages)
        ended = threading.Thread(target=api.stop, args=(signal.SIGTERM,))
        ended.start()
        last = list(messages)[-1]["result"]
        ended.join()
    assert (last["isError"], last["structuredContent"]["status"]) == (True, "interrupted")
    assert "restarting" in last["content"][0]["text"]


def test_a_name_that_is_not_this_machine_s_is_refused(api: Server) -> None:
    face = McpFace(api.url)
    body, headers = face.message("tools/list", 1, {})
    assert face.post(body, {**headers, "Host": "evil.example"}).status_code == 403
    assert face.post(body, {**headers, "Origin": "http://evil.example"}).status_code == 403
