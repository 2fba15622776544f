import json

import pytest

from api.provider.refusals import refused_option

BODY: dict[str, object] = {
    "model": "m",
    "messages": [],
    "stream": True,
    "stream_options": {},
    "temperature": 0.7,
    "max_tokens": 9,
    "stop": ["x"],
    "reasoning_effort": "high",
    "top_p": 0.5,
}


def error(message: str, **more: object) -> str:
    return json.dumps({"error": {"message": message} | more})


REFUSED = {
    "OpenAI": (error("Unsupported value: 'temperature' does not support 0.7 with this model."), "temperature"),
    "OpenAI's param": (error("Unsupported parameter.", param="top_p", code="unsupported_parameter"), "top_p"),
    "reasoning models": (
        error("Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
        "max_tokens",
    ),
    "xAI": ('{"code":"400","error":"Argument not supported on this model: stop"}', "stop"),
    "Groq": (error("property 'reasoning_effort' is unsupported"), "reasoning_effort"),
    "Mistral": (
        '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are …"}]}',
        "stream_options",
    ),
    "Azure": ("Unrecognized request argument supplied: stream_options", "stream_options"),
    "vLLM": (error("reasoning_effort: unexpected keyword"), "reasoning_effort"),
    "Go": ('{"error":"json: unknown field \\"top_p\\""}', "top_p"),
}
KEPT = {
    "a value": error("temperature is too high", param="temperature"),
    "another thing": error("Unknown model."),
    "a needed one": error("Unsupported parameter: 'messages'", param="messages"),
    "not asked for": error("Unknown field: seed", param="seed"),
    "part of a word": error("Unsupported: nonstop, top_pp, x.stop"),
    "no object": "[]",
    "nothing": "",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_option(name: str) -> None:
    said, option = REFUSED[name]
    assert refused_option(said.encode(), BODY) == option


@pytest.mark.parametrize("name", KEPT)
def test_another_refusal_names_none(name: str) -> None:
    assert refused_option(KEPT[name].encode(), BODY) is None
