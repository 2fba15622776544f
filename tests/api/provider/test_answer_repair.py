"""An answer in one piece as a client of OpenAI's protocol gets it."""

import json
from typing import Any

import orjson
import pytest

from api.errors import ContentFiltered, ProviderError, ProviderTruncated
from api.provider.answer_repair import repair_answer

WELL: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hi 👋", "refusal": None, "reasoning_content": "hm"},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    "unknown": [1],
}


def repaired(answer: object) -> dict[str, Any]:
    return dict(json.loads(repair_answer(json.dumps(answer).encode(), "own", "asked").body))


def choice(**fields: Any) -> dict[str, Any]:
    return {**WELL, "choices": [{**WELL["choices"][0], **fields}]}


def test_what_is_well_formed_goes_through_byte_for_byte() -> None:
    body = json.dumps(WELL, indent=1).encode()
    answer = repair_answer(body, "own", "asked")
    assert answer.body == body
    assert (answer.finish_reason, answer.content_chars) == ("stop", 6)
    assert answer.usage is not None


def test_what_clients_require_is_there() -> None:
    told = repaired({"choices": [{"message": {"content": "hi"}, "finish_reason": "eos"}]})
    assert (told["id"], told["object"], told["model"]) == ("own", "chat.completion", "asked")
    assert told["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hi", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]


def test_usage_that_is_null_is_left_out() -> None:
    assert "usage" not in repaired({**WELL, "usage": None})


def test_calls_have_ids_types_and_arguments_of_text_and_no_index() -> None:
    call = {"index": 0, "function": {"name": "f", "arguments": {"x": 1}}}
    told = repaired(choice(message={"content": None, "tool_calls": [call, call]}))
    (made, other), reason = told["choices"][0]["message"]["tool_calls"], told["choices"][0]["finish_reason"]
    assert (made["type"], made["function"], reason) == ("function", {"name": "f", "arguments": '{"x":1}'}, "tool_calls")
    assert "index" not in made
    assert made["id"].startswith("call_")
    assert made["id"] != other["id"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ([], ProviderError),
        ({"error": {"message": "no", "code": "content_filter"}}, ContentFiltered),
        ({**WELL, "error": {"message": "no"}}, ProviderError),
        ({**WELL, "choices": []}, ProviderTruncated),
        ({**WELL, "choices": [1]}, ProviderError),
        (choice(finish_reason=None), ProviderTruncated),
        (choice(finish_reason="abort"), ProviderTruncated),
    ],
)
def test_what_is_no_answer_fails(answer: object, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        repaired(answer)


def test_one_with_more_values_than_can_be_looked_at_goes_through_unread() -> None:
    body = json.dumps(choice(logprobs=[[0]] * 150_000)).encode()
    assert repair_answer(body, "own", "asked").body is body


def test_half_a_character_leaves_json_that_everybody_reads() -> None:
    body = json.dumps(WELL).replace("[1]", '"\\ud83d"').encode()
    orjson.loads(repair_answer(body, "own", "asked").body)
