"""Every answer is one that `/openapi.json` describes, status, type and body."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from api import create_app
from api.config import load_config
from tests.support.contract import Contract

SETTINGS = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "LLM_MODEL": "m"}
MESSAGES = [
    {"message_id": "q", "role": "user", "parts": [{"type": "text", "text": "hi"}]},
    {
        "message_id": "a",
        "parent_id": "q",
        "role": "assistant",
        "status": "failed",
        "parts": [
            {"type": "reasoning", "text": "hm"},
            {"type": "tool_call", "tool_call_id": "c", "name": "add", "arguments": "{}"},
            {"type": "tool_result", "tool_call_id": "c", "content": "3", "is_error": False},
        ],
    },
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    database = f"sqlite:///{tmp_path_factory.mktemp('contract')}/decant.db"
    app = create_app(load_config({**SETTINGS, "DATABASE_URL": database}))
    yield app.test_client()
    app.extensions["store"].engine.dispose()


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(**SETTINGS)


@pytest.fixture(scope="module")
def thread_id(client: FlaskClient) -> str:
    return str(client.post("/threads", json={"title": "Wine", "messages": MESSAGES}).get_json()["thread_id"])


REQUESTS: list[tuple[str, str, Any, int]] = [
    ("GET", "/health", None, 200),
    ("GET", "/ready", None, 503),
    ("GET", "/models", None, 200),
    ("GET", "/docs", None, 200),
    ("GET", "/openapi.json", None, 200),
    ("POST", "/stream", {"messages": []}, 400),
    ("GET", "/threads", None, 200),
    ("GET", "/threads?query=wine", None, 200),
    ("GET", "/threads?limit=0", None, 400),
    ("POST", "/threads", {"title": "x"}, 201),
    ("POST", "/threads", {"title": 1}, 400),
    ("GET", "/threads/{thread_id}", None, 200),
    ("GET", "/threads/absent", None, 404),
    ("PATCH", "/threads/{thread_id}", {"title": "Cheese"}, 200),
    ("PATCH", "/threads/{thread_id}", {"color": "red"}, 400),
    ("GET", "/threads/{thread_id}/messages", None, 200),
    ("GET", "/threads/{thread_id}/messages?cursor=x", None, 400),
    ("POST", "/threads/{thread_id}/runs", {"content": ""}, 400),
    ("POST", "/threads/absent/runs", {"content": "hi"}, 404),
    ("GET", "/runs/absent", None, 404),
    ("GET", "/runs/absent/events", None, 404),
    ("POST", "/runs/absent/cancel", None, 404),
    ("GET", "/v1/models", None, 200),
    ("GET", "/v1/models/m", None, 200),
    ("GET", "/v1/models/absent", None, 404),
    ("POST", "/v1/chat/completions", {"model": "absent", "messages": [{}]}, 404),
    ("POST", "/v1/chat/completions", {"model": "m"}, 400),
    ("POST", "/v1/responses", {"model": "m", "input": "hi", "previous_response_id": "r"}, 400),
    ("POST", "/v1/responses", {"model": "m", "input": "hi"}, 502),
    ("POST", "/v1/chat/completions", {"model": "m", "messages": [{}]}, 502),
    ("DELETE", "/threads/{thread_id}", None, 204),
    ("DELETE", "/threads/{thread_id}", None, 404),
]


def test_every_answer_is_described(client: FlaskClient, contract: Contract, thread_id: str) -> None:
    for method, template, body, status in REQUESTS:
        path = template.format(thread_id=thread_id)
        response = client.open(path, method=method, json=body)
        assert response.status_code == status, (method, path, response.text)
        if status != 204:
            sent = response.get_json() if response.is_json else response.text
            contract.check(method, path, status, response.content_type, sent)


def test_a_field_that_is_not_described_is_found(contract: Contract) -> None:
    with pytest.raises(Exception, match="extra"):
        contract.check("GET", "/models", 200, "application/json", {"models": [], "default": "m", "extra": 1})
