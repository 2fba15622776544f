"""The published contract."""

import re
from collections.abc import Iterator
from typing import Any

import openapi_spec_validator
import orjson
import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from api import create_app
from api.config import load_config
from api.events import to_json
from tests.test_wire import SAMPLES


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    database = f"sqlite:///{tmp_path_factory.mktemp('openapi')}/decant.db"
    app = create_app(load_config({"API_TOKEN": "secret", "DATABASE_URL": database}))
    yield app.test_client()
    app.extensions["store"].engine.dispose()


@pytest.fixture(scope="module")
def spec(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/openapi.json", headers={"Authorization": "Bearer secret"})
    assert response.status_code == 200
    return dict(response.get_json())


def test_the_document_is_valid_openapi(spec: dict[str, Any]) -> None:
    assert spec["openapi"].startswith("3.1")
    openapi_spec_validator.validate(spec)


def test_every_route_is_in_the_document(client: FlaskClient, spec: dict[str, Any]) -> None:
    rules = client.application.url_map.iter_rules()
    routes = {
        (re.sub(r"<(?:\w+:)?([^>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in rules
        for method in rule.methods or ()
    }
    documented = {
        (path, method) for path, methods in spec["paths"].items() for method in methods if method != "parameters"
    }
    assert {route for route in routes if route[1] not in ("head", "options")} == documented


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_every_event_matches_its_schema(event: Any, spec: dict[str, Any]) -> None:
    schema = spec["components"]["schemas"][event.type]
    sent = orjson.loads(to_json(event))
    Draft202012Validator(schema).validate(sent)
    assert set(schema["required"]) <= set(sent) <= set(schema["properties"])


def test_the_page_shows_every_route_and_needs_no_script(client: FlaskClient, spec: dict[str, Any]) -> None:
    page = client.get("/docs", headers={"Authorization": "Bearer secret"}).text
    assert all(f"<code>{path}</code>" in page for path in spec["paths"])
    assert "<script" not in page
