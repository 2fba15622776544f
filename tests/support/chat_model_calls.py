"""A chat model on the scripted provider, and what tests ask of it."""

import json
from collections.abc import Iterator, Sequence

import pytest

from api.events import Event, MessageDelta
from api.messages import Finished, ModelRequest, text_message
from api.provider.chat_model import ChatModel
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

KEY = "decant0123456789abcdef"
SSE = {"content-type": "text/event-stream"}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.fixture
def chat_model(provider: ScriptedProvider) -> ChatModel:
    provider.reset()
    return ChatModel(base_url=provider.base_url, api_key=KEY, max_connections=10)


def request(model: str = "echo", text: str = "Hello you", **options: float) -> ModelRequest:
    return ModelRequest(model, (text_message("user", text),), **options)  # type: ignore[arg-type]


def events_of(chat_model: ChatModel, model_request: ModelRequest) -> list[Event | Finished]:
    events: list[Event | Finished] = []
    collect(chat_model.open().events(model_request), events)
    return events


def collect(answer: Iterator[list[Event] | Finished], events: list[Event | Finished]) -> None:
    for arrived in answer:
        events += [arrived] if isinstance(arrived, Finished) else arrived


def text_of(events: Sequence[Event | Finished]) -> str:
    return "".join(event.text for event in events if isinstance(event, MessageDelta))


def stream_of(*chunks: object, **scenario: object) -> Scenario:
    lines = tuple(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return Scenario(raw=lines, **scenario)  # type: ignore[arg-type]


def delta(finish_reason: str | None = None, **fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


def error_body(message: str, **more: object) -> str:
    return json.dumps({"error": {"message": message} | more})
