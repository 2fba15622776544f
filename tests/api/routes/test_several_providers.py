"""Two providers behind one API: a model's name decides which is asked, and who is asked where one fails."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests.support.mcp_face import McpFace
from tests.support.processes import WAIT_SECONDS, Server, running_api
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def near() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def far() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def api(near: ScriptedProvider, far: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    providers = {
        "near": {"base_url": near.base_url, "api_key": "sk-near", "models": ["small"]},
        "far": {
            "base_url": far.base_url,
            "api_key": "${FAR_KEY}",
            "models": ["large", {"name": "shaky", "fallbacks": ["small"]}],
        },
    }
    settings = {"PROVIDERS": json.dumps(providers), "FAR_KEY": "sk-far", "LLM_MODEL": ""}
    with running_api(tmp_path_factory.mktemp("api"), **settings) as server:
        yield server


def complete(api: Server, model: str, **options: object) -> requests.Response:
    body = {"model": model, "messages": MESSAGES, **options}
    return requests.post(f"{api.url}/v1/chat/completions", json=body, timeout=WAIT_SECONDS)


def test_each_model_is_asked_at_its_provider_with_its_key(
    api: Server, near: ScriptedProvider, far: ScriptedProvider
) -> None:
    for model, provider, key in (("small", near, "sk-near"), ("large", far, "sk-far")):
        assert complete(api, model).json()["choices"][0]["message"]["content"] == "hello"
        assert provider.calls(model)[-1].headers["authorization"] == f"Bearer {key}"
    assert near.calls("large") == far.calls("small") == []


def test_a_run_is_asked_there_too(api: Server, far: ScriptedProvider) -> None:
    before = len(far.calls("large"))
    asked = {"messages": MESSAGES, "model": "large"}
    assert requests.post(f"{api.url}/stream", json=asked, timeout=WAIT_SECONDS).text == "hello"
    assert len(far.calls("large")) == before + 1
    names = [model["name"] for model in requests.get(f"{api.url}/models", timeout=WAIT_SECONDS).json()["models"]]
    assert names == ["small", "large", "shaky"]


@pytest.mark.parametrize("is_streamed", [True, False])
def test_another_provider_is_asked_where_one_fails(
    api: Server, near: ScriptedProvider, far: ScriptedProvider, is_streamed: bool
) -> None:
    far.script("shaky", Scenario(status=503, body='{"error": {"message": "down"}}'))
    before = len(near.calls("small"))
    response = complete(api, "shaky", stream=is_streamed)
    assert response.status_code == 200
    assert near.calls("small")[before].body["model"] == "small"


def test_an_mcp_client_may_ask_every_model(api: Server) -> None:
    [ask] = [tool for tool in McpFace(api.url).result("tools/list")["tools"] if tool["name"] == "ask"]
    assert ask["inputSchema"]["properties"]["model"]["enum"] == ["small", "large", "shaky"]
