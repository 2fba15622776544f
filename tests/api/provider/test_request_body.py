"""The whole body that LangChain builds: an upgrade that changes a byte of it fails here."""

import orjson

from api.messages import Message, ModelRequest, text_message
from api.parts import ReasoningPart, TextPart
from api.provider.request_body import RequestBodies

MESSAGES = (
    text_message("system", "Be brief."),
    text_message("user", "Hi ☃"),
    Message("assistant", (ReasoningPart("hm"), TextPart("Yes"), TextPart("?"))),
    text_message("user", ""),
)
REQUEST = ModelRequest("codex-gpt-5", MESSAGES, temperature=0.5, max_tokens=9)


def test_the_whole_body_is_this() -> None:
    assert orjson.dumps(RequestBodies().build(REQUEST, MESSAGES), option=orjson.OPT_SORT_KEYS).decode() == (
        '{"max_tokens":9,"messages":['
        '{"content":"Be brief.","role":"system"},'
        '{"content":"Hi ☃","role":"user"},'
        '{"content":"Yes?","role":"assistant"},'
        '{"content":"","role":"user"}],'
        '"model":"codex-gpt-5","stream":true,"stream_options":{"include_usage":true},"temperature":0.5}'
    )


def test_what_is_left_to_the_provider_is_not_said() -> None:
    assert RequestBodies().build(ModelRequest("m", MESSAGES[1:2]), MESSAGES[1:2]) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi ☃"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_refused_options_are_left_out_or_said_otherwise() -> None:
    body = RequestBodies().build(REQUEST, MESSAGES, {"stream_options", "max_tokens"})
    assert "stream_options" not in body
    assert "max_tokens" not in body
    assert body["max_completion_tokens"] == 9


def test_more_options_do_not_replace_ours() -> None:
    body = RequestBodies({"enable_thinking": True, "stream": False}).build(REQUEST, MESSAGES)
    assert (body["enable_thinking"], body["stream"]) == (True, True)


def test_an_option_refused_under_both_names_is_left_out() -> None:
    body = RequestBodies({"stop": ["x"]}).build(REQUEST, MESSAGES, {"max_tokens", "max_completion_tokens", "stop"})
    assert not {"max_tokens", "max_completion_tokens", "stop"} & body.keys()
