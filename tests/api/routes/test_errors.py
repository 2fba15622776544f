"""Errors before the first byte, in an application without a server."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import RequestEntityTooLarge

from api.errors import Busy, NotJson, Unauthorized
from api.routes import errors

RAISED: dict[str, Exception] = {
    "/busy": Busy("Full.", retry_after_seconds=1.2),
    "/stranger": Unauthorized("Who?"),
    "/text": NotJson("Send JSON."),
    "/large": RequestEntityTooLarge(),
    "/defect": RuntimeError("a secret"),
}


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    errors.register(app)

    def fail(path: str) -> None:
        raise RAISED[f"/{path}"]

    app.add_url_rule("/<path>", view_func=fail, methods=["POST"])
    return app.test_client()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no/such", 404, "not_found"),
        ("GET", "/busy", 405, "bad_request"),
        ("POST", "/busy", 503, "busy"),
        ("POST", "/stranger", 401, "unauthorized"),
        ("POST", "/text", 415, "bad_request"),
        ("POST", "/large", 413, "bad_request"),
        ("POST", "/defect", 500, "internal"),
    ],
)
def test_every_error_is_json_with_its_status(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    response = client.open(path, method=method)
    assert response.get_json() is not None, response.text
    assert (response.status_code, response.get_json()["code"]) == (status, code)
    assert {"error", "code", "request_id"} <= set(response.get_json())


def test_what_the_protocol_asks_for_is_in_the_headers(client: FlaskClient) -> None:
    assert client.post("/busy").headers["Retry-After"] == "2"
    assert client.post("/stranger").headers["WWW-Authenticate"] == "Bearer"
    assert "POST" in client.get("/busy").headers["Allow"]


def test_a_defect_tells_the_log_and_not_the_client(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    assert "secret" not in client.post("/defect").text
    assert "a secret" in caplog.text
