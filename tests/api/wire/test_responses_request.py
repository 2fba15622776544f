"""The body of `POST /v1/responses`, told as a chat completion."""

from typing import Any

import pytest

from api.errors import BadRequest, NotFound
from api.wire.openai.responses_request import parse_responses_request


class Limits:
    max_messages = 50
    max_message_chars = 1000


def told(**body: Any) -> dict[str, Any]:
    request = parse_responses_request({"model": "m", "input": "hi", **body}, ("m",), Limits())
    return {name: value for name, value in request.body.items() if name != "model"}


def messages(*items: object, **body: Any) -> list[dict[str, Any]]:
    return list(told(input=list(items), **body)["messages"])


def test_a_text_is_the_question_and_instructions_go_before_it() -> None:
    assert told(instructions="Be short.", store=True, include=["x"], truncation="auto") == {
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "hi"}]
    }


def test_what_a_model_made_in_one_turn_is_one_message() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "add", "arguments": "{}"}
    made = messages(
        {"role": "user", "content": [{"type": "input_text", "text": "hi"}, {"type": "input_image", "image_url": "u"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "so"}], "status": "x"},
        call,
        {**call, "call_id": "d"},
        {"type": "function_call_output", "call_id": "c", "output": "3"},
        {"type": "function_call_output", "call_id": "d", "output": [{"type": "input_text", "text": "4"}]},
        {"type": "reasoning", "summary": [{"text": "said in short"}]},
        {"role": "assistant", "content": "7"},
        {"role": "developer", "content": "Go on."},
    )
    function = {"name": "add", "arguments": "{}"}
    calls = [{"id": call_id, "type": "function", "function": function} for call_id in ("c", "d")]
    parts = [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "u"}}]
    assert made == [
        {"role": "user", "content": parts},
        {"role": "assistant", "content": "so", "reasoning_content": "hm", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c", "content": "3"},
        {"role": "tool", "tool_call_id": "d", "content": [{"type": "text", "text": "4"}]},
        {"role": "assistant", "content": "7"},
        {"role": "developer", "content": "Go on."},
    ]


def test_options_have_their_names_of_the_other_protocol() -> None:
    tool = {"type": "function", "name": "add", "parameters": {"type": "object"}, "strict": True, "description": None}
    schema = {"type": "json_schema", "name": "s", "schema": {"type": "object"}, "strict": True}
    options = told(
        temperature=0,
        max_output_tokens=5,
        reasoning={"effort": "low", "summary": "auto"},
        text={"format": schema, "verbosity": "low"},
        tools=[tool],
        tool_choice={"type": "function", "name": "add"},
        stream=True,
    )
    del options["messages"]
    assert options == {
        "temperature": 0,
        "max_tokens": 5,
        "reasoning_effort": "low",
        "verbosity": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": True},
        },
        "tools": [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "add"}},
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"previous_response_id": "r"}, "previous_response_id"),
        ({"conversation": "c"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": ["hi"]}, "input[0]"),
        ({"input": [{"type": "computer_call"}]}, "input[0]"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0]"),
        ({"input": [{"role": "user", "content": 1}]}, "input[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0]"),
        ({"input": [{"type": "function_call", "name": "f"}]}, "input[0]"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0]"),
        ({"input": [{"type": "reasoning", "content": [{"text": 1}]}]}, "input[0]"),
        ({"instructions": 1}, "instructions"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "web_search"}]}, "tools[0]"),
        ({"tools": [{"type": "function", "name": "f"}], "tool_choice": 1}, "tool_choice"),
        ({"stream": {}}, "stream"),
    ],
)
def test_what_is_wrong_or_not_done_here_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        told(**body)
    assert caught.value.param == param


def test_a_model_has_to_be_known() -> None:
    with pytest.raises(NotFound):
        told(model="other")
