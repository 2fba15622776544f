"""Nothing that a client or a provider of `/v1` says holds the API's hub for long."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.api.test_hub_holds import LONG_PIECES, MODELS, others
from tests.support.hub_watch import HubHolds
from tests.support.processes import WAIT_SECONDS, Server, running_api
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

END = 'data: {"choices":[{"delta":{"content":"."},"finish_reason":"stop"}]}\n\n'
WHOLE = {
    "text": '{"choices":[{"message":{"content":"' + "数" * 2_400_000 + '"},"finish_reason":"stop"}]}',
    "escapes": '{"choices":[{"message":{"content":"' + "\\u6570" * 1_200_000 + '"},"finish_reason":"stop"}]}',
    "halves": '{"choices":[{"message":{"content":"' + "\\ud83d" * 30_000 + '"},"finish_reason":"stop"}]}',
    "values": '{"choices":[{"message":{"content":"a"},"logprobs":['
    + "[]," * 2_400_000
    + '0],"finish_reason":"stop"}]}',
    "calls": '{"choices":[{"message":{"tool_calls":[' + "{}," * 60_000 + '0]},"finish_reason":"stop"}]}',
    "choices": '{"choices":[' + '{"message":{},"finish_reason":"stop"},' * 30_000 + "{}]}",
}
BODIES: dict[str, dict[str, Any]] = {
    "messages": {"messages": [{"role": "user", "content": "hi"}] * 1000},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}] * 50_000}]},
    "text": {"messages": [{"role": "user", "content": "数" * 300_000}]},
    "items": {"input": [{"role": "user", "content": "hi"}] * 40_000},
    "calls": {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}] * 20_000},
}


@pytest.fixture(scope="module")
def holds(tmp_path_factory: pytest.TempPathFactory) -> HubHolds:
    return HubHolds(tmp_path_factory.mktemp("holds") / "holds")


@pytest.fixture(scope="module")
def api(holds: HubHolds, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": MODELS}
    app = "tests.support.hub_watch:create_app()"
    with running_api(tmp_path_factory.mktemp("api"), app, HOLDS_FILE=holds.path, PYTHONPATH=".", **settings) as api:
        yield api
        assert "Traceback" not in api.logged()


@pytest.fixture(autouse=True)
def is_never_held(api: Server, holds: HubHolds) -> Iterator[None]:
    holds.forget()
    yield
    assert holds.too_long() == []


def ask(api: Server, model: str, path: str = "chat/completions", **body: Any) -> requests.Response:
    asked = {"model": model, "messages": [{"role": "user", "content": "hi"}], **body}
    if path == "responses":
        asked = {"model": model, "input": "hi", **body}
    return requests.post(f"{api.url}/v1/{path}", json=asked, timeout=WAIT_SECONDS)


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
@pytest.mark.parametrize("name", LONG_PIECES)
def test_a_long_piece_of_a_stream(api: Server, provider: ScriptedProvider, path: str, name: str) -> None:
    provider.script("m1", Scenario(raw=(f"data: {LONG_PIECES[name]}\n\n", END)))
    with others(api):
        assert ask(api, "m1", path, stream=True).status_code in (200, 502)


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
@pytest.mark.parametrize("name", WHOLE)
def test_a_long_answer_in_one_piece(api: Server, provider: ScriptedProvider, path: str, name: str) -> None:
    provider.script("m2", Scenario(body=WHOLE[name]))
    with others(api):
        assert ask(api, "m2", path).status_code in (200, 502)


@pytest.mark.parametrize("name", BODIES)
def test_a_long_body(api: Server, name: str) -> None:
    path = "responses" if "input" in BODIES[name] else "chat/completions"
    with others(api):
        assert ask(api, "m3", path, **BODIES[name]).status_code in (200, 400, 502)


def test_a_burst(api: Server, provider: ScriptedProvider) -> None:
    said = "".join(f"{number:05d} " for number in range(60_000))
    provider.script("m4", Scenario(text=said, chunk_chars=3))
    with others(api):
        told = ask(api, "m4", stream=True).text
    texts = [json.loads(line[6:])["choices"] for line in told.split("\n\n") if line.startswith("data: {")]
    assert "".join(choices[0]["delta"].get("content", "") for choices in texts if choices) == said


def test_very_many_options_that_a_provider_does_not_know(api: Server, provider: ScriptedProvider) -> None:
    said = json.dumps({"error": {"message": "unknown field " + "x" * 60_000}})
    provider.script("m5", Scenario(status=400, body=said))
    with others(api):
        refused = ask(api, "m5", **{f"option{number}": 1 for number in range(90_000)})
    assert refused.status_code == 400
