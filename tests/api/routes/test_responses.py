"""`/v1/responses` for OpenAI's own client, over real sockets, with a scripted provider behind."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import APIError, BadRequestError, OpenAI

from tests.support.processes import WAIT_SECONDS, running_api
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

ENVELOPE = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
USAGE = {
    "prompt_tokens": 3,
    "completion_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 2},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def client(provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": "m", "API_TOKEN": "secret"}
    with (
        running_api(tmp_path_factory.mktemp("api"), **settings) as api,
        OpenAI(base_url=f"{api.url}/v1", api_key="secret", max_retries=0, timeout=WAIT_SECONDS) as client,
    ):
        yield client


def answer_with(provider: ScriptedProvider, *deltas: dict[str, Any], finish_reason: str = "stop") -> None:
    chunks = [{**ENVELOPE, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**ENVELOPE, "choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]})
    chunks.append({**ENVELOPE, "choices": [], "usage": USAGE})
    lines = tuple(f"data: {line}\n\n" for line in (*map(json.dumps, chunks), "[DONE]"))
    provider.script("m", Scenario(raw=lines))


def call(index: int, arguments: str, **first: Any) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": first.pop("name")} if first else {})}
    return {"tool_calls": [{"index": index, "function": function, **first}]}


def test_a_stream_is_the_documented_sequence(client: OpenAI, provider: ScriptedProvider) -> None:
    answer_with(
        provider,
        {"role": "assistant", "content": "", "reasoning_content": "hm"},
        {"content": "Let me "},
        {"content": "add."},
        call(0, '{"x"', id="a", type="function", name="add"),
        call(1, "{}", id="b", type="function", name="sub"),
        call(0, ":1}"),
    )
    events = list(client.responses.create(model="m", input="1+1", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type.removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    response: Any = events[-1].response  # type: ignore[union-attr]
    assert response.output_text == "Let me add."
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call", "function_call"]
    assert [(item.call_id, item.name, item.arguments) for item in response.output[2:]] == [
        ("a", "add", '{"x":1}'),
        ("b", "sub", "{}"),
    ]
    assert (response.usage.input_tokens, response.usage.output_tokens_details.reasoning_tokens) == (3, 2)


def test_an_answer_that_is_cut_short_is_incomplete(client: OpenAI, provider: ScriptedProvider) -> None:
    answer_with(provider, {"role": "assistant", "content": "a"}, finish_reason="length")
    last: Any = list(client.responses.create(model="m", input="x", stream=True))[-1]
    assert (last.type, last.response.incomplete_details.reason) == ("response.incomplete", "max_output_tokens")


def test_a_whole_response_has_the_same_items(client: OpenAI, provider: ScriptedProvider) -> None:
    provider.script("m", Scenario(text="hello", reasoning="hm"))
    response = client.responses.create(model="m", input="x", metadata={"k": "v"}, instructions="Be short.")
    assert (response.status, response.output_text, response.metadata) == ("completed", "hello", {"k": "v"})
    assert [item.type for item in response.output] == ["reasoning", "message"]
    assert response.instructions == "Be short."


def test_a_failure_within_a_response_ends_it_as_failed(client: OpenAI, provider: ScriptedProvider) -> None:
    provider.script("m", Scenario(text="hello", finish_reason=None))
    stream = client.responses.create(model="m", input="x", stream=True)
    with pytest.raises(APIError, match="ended before") as caught:
        list(stream)
    assert caught.value.code == "upstream_truncated"
    raw = client.responses.with_raw_response.create(model="m", input="x", stream=True)
    last = json.loads(raw.http_response.read().decode().split("data: ")[-1])
    assert (last["type"], last["response"]["error"]["code"]) == ("response.failed", "upstream_truncated")
    [item] = last["response"]["output"]
    assert (item["status"], item["content"][0]["text"]) == ("incomplete", "hello")


def test_what_is_kept_nowhere_is_refused_in_a_sentence(client: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="keeps no state") as caught:
        client.responses.create(model="m", input="x", previous_response_id="resp_1")
    assert caught.value.param == "previous_response_id"
