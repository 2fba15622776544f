"""The log's lines and the id that joins them to a response."""

import json
import logging
import sys

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.routes import request_log
from api.routes.request_log import JsonFormatter


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    request_log.register(app, logging.INFO)
    app.add_url_rule("/<path>", view_func=lambda path: path)
    return app.test_client()


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("decant", logging.INFO, __file__, 1, message, (), None)
    made.__dict__.update(more)
    return made


def formatted(made: logging.LogRecord) -> dict[str, object]:
    line = JsonFormatter().format(made)
    assert "\n" not in line
    return dict(json.loads(line))


@pytest.mark.parametrize("sane", ["abc-1", "A.b_c-9", "x" * 128])
def test_the_clients_request_id_is_kept_where_it_is_sane(client: FlaskClient, sane: str) -> None:
    assert client.get("/x", headers={"X-Request-Id": sane}).headers["X-Request-Id"] == sane


@pytest.mark.parametrize("odd", ["", "a b<script>", "x" * 129, "数", 'a","b'])
def test_another_is_replaced(client: FlaskClient, odd: str) -> None:
    given = client.get("/x", headers={"X-Request-Id": odd.encode().decode("latin-1")}).headers["X-Request-Id"]
    assert given != odd
    assert len(given) == 32


def test_a_request_is_a_line_without_its_query(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/x?query=private", headers={"X-Request-Id": "abc"}).close()
    (line,) = [formatted(made) for made in caplog.records if made.getMessage() == "request"]
    assert (line["request_id"], line["method"], line["path"], line["status"]) == ("abc", "GET", "/x", 200)
    assert "private" not in str(line)


def test_health_is_not_worth_a_line(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/health").close()
    assert caplog.records == []


def test_a_record_is_one_line_of_json_with_its_fields() -> None:
    line = formatted(record("run\nends", fields={"run_id": "r", "model": "数"}))
    assert (line["event"], line["level"], line["run_id"], line["model"]) == ("run\nends", "info", "r", "数")


def test_a_traceback_is_within_the_line() -> None:
    try:
        raise RuntimeError("a defect")
    except RuntimeError:
        line = formatted(record("It failed", exc_info=sys.exc_info()))
    assert "RuntimeError: a defect" in str(line["traceback"])
