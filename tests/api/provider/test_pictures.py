"""Pictures in tools' results: shown to models that see, over a real socket, and to no others."""

import json
from typing import Any

import pytest

from api.messages import Finished, Message, ModelRequest, text_message
from api.parts import TextPart, ToolCallPart, ToolResultPart
from api.provider.chat_model import ChatModel
from api.provider.pictures import MAX_CHARS, MOST
from api.provider.refusals import refused_option
from api.provider.request_body import RequestBodies
from tests.support.chat_model_calls import error_body, events_of
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

PNG = {"type": "image", "mime_type": "image/png", "data": "AAAA"}


def answer(*content: dict[str, Any], call_id: str = "c1") -> Message:
    call = ToolCallPart(call_id, "draw", "{}")
    return Message("assistant", (call, ToolResultPart(call_id, content, is_error=False), TextPart("There.")))


def shown(*answers: Message) -> list[str]:
    """Return the addresses of the pictures in the body."""
    told = [message for each in answers for message in (text_message("user", "Draw"), each)]
    body = RequestBodies().build(ModelRequest("m", tuple(told)), told)
    contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    return [piece["image_url"]["url"] for content in contents for piece in content if piece["type"] == "image_url"]


def test_a_picture_follows_the_results_of_its_step() -> None:
    told = (text_message("user", "Draw"), answer({"type": "text", "text": "A cat"}, PNG))
    body = RequestBodies().build(ModelRequest("m", told), told)
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "tool", "user", "assistant"]
    assert body["messages"][2]["content"] == "A cat\n[image: image/png, shown to the person]"
    assert body["messages"][3]["content"] == [
        {"type": "text", "text": "The picture in the result of draw:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]


@pytest.mark.parametrize(
    "piece",
    [
        {**PNG, "audience": ["user"]},
        {**PNG, "mime_type": "image/svg+xml"},
        {"type": "audio", "mime_type": "audio/wav", "data": "AAAA"},
        {"type": "resource_link", "uri": "file:///cat.png", "name": "cat", "mime_type": "image/png"},
        {**PNG, "data": "A" * (MAX_CHARS + 1)},
    ],
    ids=["for the person", "no picture of theirs", "a sound", "a link", "too large"],
)
def test_what_is_no_picture_for_the_model_is_not_shown(piece: dict[str, Any]) -> None:
    assert shown(answer(piece)) == []


def test_the_newest_pictures_are_shown_as_many_as_a_request_takes() -> None:
    many = [answer({**PNG, "data": f"{number:04}"}, call_id=f"c{number}") for number in range(MOST + 2)]
    assert [url[-4:] for url in shown(*many)] == [f"{number:04}" for number in range(2, MOST + 2)]
    large = [answer({**PNG, "data": letter * (MAX_CHARS // 2 + 1)}, call_id=letter) for letter in "ab"]
    assert [url[-1] for url in shown(*large)] == ["b"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "Invalid content type. image_url is only supported by certain models."),
        (404, "No endpoints found that support image input"),
        (500, "this model is missing data required for image input"),
        (400, "this model does not support image input (ref: 1)"),
        (500, 'Failed to parse messages: Unsupported content part type: "image_url"'),
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
        (400, "qwen is not a multimodal model"),
        (400, "At most 0 image(s) may be provided in one prompt."),
        (422, "unknown variant `image_url`, expected `text`"),
        (400, "json: cannot unmarshal array into Go struct field Message.messages.content of type string"),
        (400, "messages[3].content must be a string"),
    ],
)
def test_a_model_that_takes_none_is_asked_again_without_and_never_shown_another(
    status: int, said: str, provider: ScriptedProvider, chat_model: ChatModel
) -> None:
    model = f"blind-{abs(hash(said))}"
    request = ModelRequest(model, (text_message("user", "Draw"), answer(PNG)))
    provider.script(model, Scenario(status=status, body=error_body(said)), Scenario(text="Yes."), Scenario(text="No."))
    for _ in range(2):
        assert isinstance(events_of(chat_model, request)[-1], Finished)
    bodies = [json.dumps(call.body) for call in provider.calls(model)]
    assert [body.count("image_url") for body in bodies] == [2, 0, 0]


def test_what_is_said_of_pictures_where_there_are_none_is_no_refusal_of_them() -> None:
    assert refused_option(b"this model does not support image input", {"messages": [{"content": "hi"}]}) is None
