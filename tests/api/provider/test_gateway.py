"""Chat completions passed on to a real server: what it is asked, what is asked again, and who is asked instead."""

import json
from typing import Any

import pytest

from api.errors import ContextTooLong, ProviderError, ProviderRateLimited, ProviderRejected, RequestRefused
from api.messages import GatewayRequest
from api.provider.gateway import Gateway, GatewayCall, Route
from api.provider.gateway_body import told_body
from api.provider.refused_values import RefusedValues
from api.provider.upstream import Upstream
from tests.support.chat_model_calls import error_body
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

SECRET = "my secret wish is a duck"
MESSAGES = [{"role": "user", "content": "hello", "reasoning_content": "hm", "unknown": {"deep": [1]}}]


def opened(provider: ScriptedProvider, *models: str, is_streamed: bool = True, **options: Any) -> GatewayCall:
    upstream = Upstream(provider.base_url, "sk-very-secret-key", max_connections=4)
    gateway = Gateway({models[0]: [Route(upstream, model) for model in models]}, max_chars=10_000)
    body = {"model": models[0], "messages": MESSAGES, "stream": is_streamed, **options}
    return gateway.open(GatewayRequest(models[0], body, is_streamed, tells_usage=False))


def answer(call: GatewayCall) -> str:
    return b"".join(call.pieces(60)).decode()


def asked(provider: ScriptedProvider, model: str) -> list[dict[str, Any]]:
    return [call.body for call in provider.calls(model)]


def test_the_body_goes_through_with_what_nobody_knows(provider: ScriptedProvider) -> None:
    options = {"top_k": 3, "thinking": {"type": "enabled"}, "tools": [{"type": "function"}], "seed": 1}
    answer(opened(provider, "through", stream_options={"include_obfuscation": False}, **options))
    assert asked(provider, "through") == [
        {
            "model": "through",
            "messages": MESSAGES,
            "stream": True,
            "stream_options": {"include_obfuscation": False, "include_usage": True},
            **options,
        }
    ]


def test_an_answer_in_one_piece_is_asked_for_as_the_client_does(provider: ScriptedProvider) -> None:
    call = opened(provider, "whole", is_streamed=False)
    told = json.loads(answer(call))
    assert told["choices"][0]["message"] == {"role": "assistant", "content": "hello", "refusal": None}
    assert asked(provider, "whole") == [{"model": "whole", "messages": MESSAGES, "stream": False}]
    assert (call.finish_reason, call.usage.estimated) == ("stop", False)


def test_what_a_provider_does_not_take_is_left_out_and_said(provider: ScriptedProvider) -> None:
    provider.script("picky", Scenario(rejects=("temperature", "stream_options")))
    call = opened(provider, "picky", temperature=0)
    assert "hell" in answer(call)
    assert call.left_out == ("temperature",)
    last = asked(provider, "picky")[-1]
    assert "temperature" not in last
    assert "stream_options" not in last


def test_what_a_provider_does_not_take_back_leaves_the_messages() -> None:
    told = told_body(
        {"messages": MESSAGES, "stop": "x"}, "m", {"reasoning_content", "tools"}, RefusedValues(), is_streamed=False
    )
    assert told.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello", "unknown": {"deep": [1]}}],
        "stop": "x",
    }


def test_the_limit_of_an_answer_is_said_as_the_provider_knows_it(provider: ScriptedProvider) -> None:
    provider.script("newer", Scenario(rejects=("max_tokens",)))
    answer(opened(provider, "newer", max_tokens=5))
    assert asked(provider, "newer")[-1]["max_completion_tokens"] == 5


@pytest.mark.parametrize("option", ["tools", "response_format", "n"])
def test_what_the_answer_is_about_is_never_left_out(provider: ScriptedProvider, option: str) -> None:
    provider.script("strict", Scenario(rejects=(option,)))
    with pytest.raises(ProviderRejected):
        answer(opened(provider, "strict", **{option: [1]}))
    assert len(asked(provider, "strict")) == 1
    provider.reset()


@pytest.mark.parametrize(
    ("scenario", "kind", "status"),
    [
        (Scenario(status=400, body='{"error": {"message": "too hot", "param": "temperature"}}'), RequestRefused, 400),
        (Scenario(status=400, body=error_body("maximum context length")), ContextTooLong, 400),
        (Scenario(status=401, body=error_body("no")), ProviderRejected, 502),
        (Scenario(status=429, body=error_body("slow"), headers={"retry-after": "7"}), ProviderRateLimited, 429),
        (Scenario(status=500, body=error_body("sk-very-secret-key")), ProviderError, 502),
        (Scenario(ending="reset_before_headers"), ProviderError, 502),
        (Scenario(raw=('data: {"error": {"message": "no"}}\n\n',)), ProviderError, 502),
    ],
)
def test_a_failure_before_the_first_byte_has_a_status(
    provider: ScriptedProvider, scenario: Scenario, kind: type[ProviderError], status: int
) -> None:
    provider.script("fails", scenario)
    with pytest.raises(ProviderError) as caught:
        answer(opened(provider, "fails"))
    error = caught.value
    assert (type(error), error.status) == (kind, status)
    assert "sk-very-secret-key" not in str(error)
    assert error.param == ("temperature" if kind is RequestRefused else None)
    assert error.retry_after_seconds == (7 if status == 429 else None)


def test_another_model_is_asked_where_one_fails(provider: ScriptedProvider) -> None:
    provider.script("broken", Scenario(status=500, body=error_body("oops")))
    provider.script("limited", Scenario(status=429, body=error_body("slow")))
    provider.script("fine", Scenario(text="fine"))
    told = answer(opened(provider, "broken", "limited", "fine"))
    assert '"fine"' in told
    assert [asked(provider, model)[0]["model"] for model in ("broken", "limited", "fine")] == [
        "broken",
        "limited",
        "fine",
    ]


@pytest.mark.parametrize(
    "scenario",
    [Scenario(status=400, body=error_body("bad")), Scenario(ending="cut", text="abcdefgh", finish_reason=None)],
)
def test_nobody_else_is_asked_for_what_is_the_clients_or_has_begun(
    provider: ScriptedProvider, scenario: Scenario
) -> None:
    provider.reset()
    provider.script("first", scenario)
    with pytest.raises(ProviderError):
        answer(opened(provider, "first", "second"))
    assert asked(provider, "second") == []


def test_after_the_patience_an_empty_piece_says_that_nothing_has_come(provider: ScriptedProvider) -> None:
    provider.script("late", Scenario(text="late", held_after_chunks=0))
    pieces = opened(provider, "late").pieces(0.05)
    assert next(pieces) == b""
    provider.release("late")
    assert b"late" in b"".join(pieces)


@pytest.mark.parametrize("held", [0, 2])
def test_a_call_that_is_given_up_closes_its_connection(provider: ScriptedProvider, held: int) -> None:
    provider.script("left", Scenario(text="a long answer", held_after_chunks=held))
    pieces = opened(provider, "left").pieces(0.05)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    provider.wait_for(lambda calls: calls[-1].client_closed_at)


def test_what_one_client_writes_wrong_is_taken_from_no_other(provider: ScriptedProvider) -> None:
    wrong = '{"error": {"message": "Unsupported value: 9 for temperature", "param": "temperature"}}'
    provider.script("shared", Scenario(status=400, body=wrong), Scenario())
    upstream = Upstream(provider.base_url, "", max_connections=4)
    gateway = Gateway({"shared": [Route(upstream, "shared")]}, max_chars=1000)
    for temperature in (9, 0.5, 9):
        body = {"model": "shared", "messages": MESSAGES, "temperature": temperature}
        answer(gateway.open(GatewayRequest("shared", body)))
    told = [body.get("temperature") for body in asked(provider, "shared")]
    assert told == [9, None, 0.5, None]


def test_a_refusal_that_names_what_cannot_go_takes_nothing_else(provider: ScriptedProvider) -> None:
    refusal = '{"error": {"message": "tools are not supported with this temperature", "param": "tools"}}'
    provider.script("named", Scenario(status=400, body=refusal))
    with pytest.raises(RequestRefused):
        answer(opened(provider, "named", tools=[1], temperature=0))
    assert len(asked(provider, "named")) == 1


def test_parts_that_are_none_are_the_providers_to_refuse(provider: ScriptedProvider) -> None:
    provider.script("picture", Scenario(status=400, body=error_body("image input is not supported")))
    upstream = Upstream(provider.base_url, "", max_connections=4)
    body = {"model": "picture", "messages": [{"role": "user", "content": [5, None, "image_url"]}]}
    with pytest.raises(RequestRefused):
        answer(Gateway({"picture": [Route(upstream, "picture")]}, 1000).open(GatewayRequest("picture", body)))


@pytest.mark.parametrize(
    "content", ["my secret wish is a duck", [{"type": "text", "text": "my secret wish is a duck"}]]
)
def test_what_a_provider_quotes_of_the_prompt_is_in_no_error(provider: ScriptedProvider, content: object) -> None:
    provider.script("quotes", Scenario(status=400, body=error_body(f"cannot read: {SECRET}")))
    upstream = Upstream(provider.base_url, "", max_connections=4)
    body = {"model": "quotes", "messages": [{"role": "user", "content": content}]}
    with pytest.raises(RequestRefused) as caught:
        answer(Gateway({"quotes": [Route(upstream, "quotes")]}, 1000).open(GatewayRequest("quotes", body)))
    assert "cannot read" in str(caught.value)
    assert "duck" not in str(caught.value)


def test_nothing_has_come_where_a_provider_has_said_nothing(provider: ScriptedProvider) -> None:
    provider.script("mute", Scenario(raw=("data: [DONE]\n\n",)))
    call = opened(provider, "mute")
    with pytest.raises(ProviderError):
        answer(call)
    assert call.first_content_at is call.content_at is None
