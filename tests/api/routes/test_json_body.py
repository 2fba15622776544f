"""The JSON body of a request."""

import io

import pytest
from flask import Flask

from api.errors import NotJson, TooLarge
from api.routes.json_body import read_json

JSON = "application/json"


def read(body: bytes, content_type: str | None = JSON, limit: int = 20) -> object:
    with Flask(__name__).test_request_context(method="POST", data=body, content_type=content_type):
        return read_json(limit, "MAX_BODY_BYTES")


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "application/problem+json"])
def test_a_body_is_decoded(content_type: str) -> None:
    assert read(b'{"a": [1]}', content_type) == {"a": [1]}


@pytest.mark.parametrize("body", [b"", b'{"mess', b"\xff"])
def test_what_is_not_json_is_nothing(body: bytes) -> None:
    assert read(body) is None


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_declared_as_json_is_refused(content_type: str | None) -> None:
    with pytest.raises(NotJson):
        read(b"{}", content_type)


def test_a_body_over_the_limit_is_refused_by_the_name_of_its_setting() -> None:
    with pytest.raises(TooLarge, match="MAX_BODY_BYTES"):
        read(b'"' + b"x" * 20 + b'"')


def test_a_body_of_unknown_length_is_refused_at_the_limit() -> None:
    """gunicorn marks a chunked body so, and werkzeug cuts it at the limit without an error."""
    environ = {"wsgi.input": io.BytesIO(b" " * 50 + b"{}"), "wsgi.input_terminated": True}
    request = Flask(__name__).test_request_context(method="POST", content_type=JSON, environ_overrides=environ)
    with request, pytest.raises(TooLarge):
        read_json(20)
