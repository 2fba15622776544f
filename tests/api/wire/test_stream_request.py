"""The body of `POST /stream`."""

import re
from typing import Any

import pytest

from api.config import Config, load_config
from api.errors import BadRequest
from api.messages import text_message
from api.wire.stream_request import parse_stream_request

CONFIG = load_config(
    {"OPENAI_BASE_URL": "http://x/v1", "LLM_MODEL": "a,b", "MAX_MESSAGES": "3", "MAX_MESSAGE_CHARS": "9"}
)
HELLO = {"role": "user", "content": "hello"}


def parse(body: Any, config: Config = CONFIG) -> Any:
    return parse_stream_request(body, config)


def test_the_roles_of_both_worlds_are_understood() -> None:
    roles = ("system", "human", "ai")
    asked = parse({"thread_id": "t", "messages": [{"role": role, "content": role} for role in roles]})
    expected = (text_message("system", "system"), text_message("user", "human"), text_message("assistant", "ai"))
    assert (asked.thread_id, asked.model_request.messages) == ("t", expected)


def test_options_reach_the_model() -> None:
    body = {"messages": [HELLO], "model": "b", "temperature": 0, "max_tokens": 5, "system_prompt": "be kind"}
    request = parse(body).model_request
    assert (request.model, request.temperature, request.max_tokens) == ("b", 0.0, 5)
    assert request.messages[0] == text_message("system", "be kind")


def test_what_is_not_given_is_left_to_the_provider() -> None:
    request = parse({"messages": [HELLO]}).model_request
    assert (request.model, request.temperature, request.max_tokens) == ("a", None, None)


@pytest.mark.parametrize("messages", [[], None, [{"role": "user", "content": "  \n"}]])
def test_an_empty_query_has_the_sentence_clients_know(messages: Any) -> None:
    with pytest.raises(BadRequest, match=r"^query is empty$"):
        parse({"messages": messages})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "The body has to be a JSON object"),
        ("hi", "The body has to be a JSON object"),
        ({"messages": [HELLO], "strem": True}, "Unknown field 'strem'"),
        ({"messages": "hi"}, "messages has to be a list"),
        ({"messages": [HELLO] * 4}, "messages has 4 entries; at most 3"),
        ({"messages": ["hi"]}, "messages[0] has to be an object"),
        ({"messages": [HELLO, {"role": "robot", "content": "x"}]}, "messages[1] has the unknown role 'robot'"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "messages[0] has the unknown role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content has to be a text"),
        ({"messages": [{"role": "user", "content": "x" * 10}]}, "messages[0].content has 10 characters"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "half of a surrogate pair"),
        ({"messages": [HELLO], "thread_id": 7}, "thread_id has to be a text"),
        ({"messages": [HELLO], "thread_id": "t" * 201}, "thread_id has 201 characters"),
        ({"messages": [HELLO], "model": "c"}, "Unknown model 'c'. The models are a, b."),
        ({"messages": [HELLO], "temperature": 3}, "temperature has to be a number between 0 and 2"),
        ({"messages": [HELLO], "temperature": True}, "temperature has to be a number"),
        ({"messages": [HELLO], "temperature": float("nan")}, "temperature has to be a number"),
        ({"messages": [HELLO], "max_tokens": 0}, "max_tokens has to be a whole number"),
        ({"messages": [HELLO], "max_tokens": 1.5}, "max_tokens has to be a whole number"),
        ({"messages": [HELLO], "system_prompt": "x" * 10}, "system_prompt has 10 characters"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_that_names_it(body: Any, sentence: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(sentence)):
        parse(body)
