"""The body of `POST /v1/chat/completions`, and errors in OpenAI's words."""

from typing import Any

import pytest

from api import errors
from api.errors import BadRequest, DecantError, NotFound
from api.messages import GatewayRequest
from api.wire.openai.chat_request import parse_chat_request
from api.wire.openai.errors import error_object, is_worth_retrying

MESSAGES = [{"role": "developer", "content": [{"type": "text", "text": "hi"}, {"type": "image_url"}]}]


class Limits:
    max_messages = 2
    max_message_chars = 10


def parse(**body: Any) -> GatewayRequest:
    return parse_chat_request({"model": "a/b", "messages": MESSAGES, **body}, ("a/b",), Limits())


def test_a_body_is_the_providers_to_judge() -> None:
    request = parse(temperature="hot", top_k=[1], functions={})
    assert (request.model, request.is_streamed, request.tells_usage) == ("a/b", False, False)
    assert request.body == {
        "model": "a/b",
        "messages": MESSAGES,
        "temperature": "hot",
        "top_k": [1],
        "functions": {},
    }


@pytest.mark.parametrize(
    ("options", "tells"), [(None, False), ({}, False), ({"include_usage": True}, True), ({"include_usage": 1}, False)]
)
def test_usage_is_told_where_it_is_asked_for(options: object, tells: bool) -> None:
    assert parse(stream=True, stream_options=options).tells_usage is tells


@pytest.mark.parametrize(
    ("body", "param", "kind"),
    [
        ({"model": None}, "model", BadRequest),
        ({"model": 1}, "model", BadRequest),
        ({"model": "x"}, "model", NotFound),
        ({"messages": None}, "messages", BadRequest),
        ({"messages": []}, "messages", BadRequest),
        ({"messages": {}}, "messages", BadRequest),
        ({"messages": MESSAGES * 3}, "messages", BadRequest),
        ({"messages": ["hi"]}, "messages[0]", BadRequest),
        ({"messages": [{"content": "x" * 11}]}, "messages[0]", BadRequest),
        ({"messages": [{}, {"content": [{"text": "x" * 11}]}]}, "messages[1]", BadRequest),
        ({"stream": "yes"}, "stream", BadRequest),
        ({"stream_options": 1}, "stream_options", BadRequest),
    ],
)
def test_what_decant_needs_is_checked(body: dict[str, Any], param: str, kind: type[DecantError]) -> None:
    with pytest.raises(kind) as caught:
        parse(**body)
    assert caught.value.param == param
    assert type(caught.value) is kind


@pytest.mark.parametrize("body", [None, [], "x", 1])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(BadRequest, match="JSON object"):
        parse_chat_request(body, ("m",), Limits())


@pytest.mark.parametrize(
    ("error", "status", "kind", "code", "retries"),
    [
        (errors.Unauthorized("x"), 401, "invalid_request_error", "invalid_api_key", True),
        (errors.NotFound("x", param="model"), 404, "invalid_request_error", "model_not_found", True),
        (errors.NotFound("x"), 404, "invalid_request_error", "not_found", True),
        (errors.ContextTooLong("x"), 400, "invalid_request_error", "context_length_exceeded", True),
        (errors.ContentFiltered("x"), 400, "invalid_request_error", "content_filter", True),
        (errors.ProviderRateLimited("x"), 429, "rate_limit_error", "rate_limit_exceeded", True),
        (errors.TooLarge("x"), 413, "invalid_request_error", "bad_request", True),
        (errors.Busy("x"), 503, "server_error", "busy", True),
        (errors.ProviderRejected("x"), 502, "server_error", "upstream_error", False),
        (errors.ProviderTimeout("x"), 504, "server_error", "upstream_timeout", True),
        (errors.Internal("x"), 500, "server_error", "internal", True),
    ],
)
def test_an_error_is_one_of_openais(error: DecantError, status: int, kind: str, code: str, retries: bool) -> None:
    assert error.status == status
    assert error_object(error)["error"] == {"message": "x", "type": kind, "param": error.param, "code": code}
    assert is_worth_retrying(error) is retries
