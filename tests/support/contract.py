"""Holds responses against the published contract: what is sent is described, field by field."""

import re
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from api.config import load_config
from api.wire.openapi.document import build_openapi


class Contract:
    """The OpenAPI document of the API with the settings of a test."""

    def __init__(self, **settings: str) -> None:
        self._document = _closed(build_openapi(load_config(settings)))
        self._paths = {re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)): path for path in self._document["paths"]}

    def check(self, method: str, url: str, status: int, content_type: str, body: Any) -> None:
        """Fail unless the contract describes this response to this request; the body is decoded JSON."""
        schema = self._schema(method, urlsplit(url).path, status, content_type.partition(";")[0])
        Draft202012Validator({**schema, "components": self._document["components"]}).validate(body)

    def _schema(self, method: str, path: str, status: int, content_type: str) -> Any:
        template = next((name for pattern, name in self._paths.items() if pattern.fullmatch(path)), None)
        assert template is not None, f"{path} is not in the contract"
        described = self._document["paths"][template][method.lower()]["responses"]
        assert str(status) in described, f"{method} {template} is not said to answer {status}"
        return described[str(status)]["content"][content_type]["schema"]


def _closed(schema: Any) -> Any:
    """Let no object have more properties than are described; clients are told nothing of that."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    is_object = schema.get("type") == "object" and "properties" in schema
    is_open = schema.get("additionalProperties") is True
    return {**closed, "additionalProperties": False} if is_object and not is_open else closed
