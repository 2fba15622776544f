"""JSON-RPC messages, in and out: a decoded body becomes a value, a result or an error one line of JSON.

Source: JSON-RPC 2.0, as MCP narrows it: no batches, ids are texts or whole numbers, parameters are objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import orjson

from api.wire.mcp.protocol import INVALID_REQUEST, Fields, McpError

MAX_ID_CHARS = 256
MAX_METHOD_CHARS = 256

RequestId = str | int


@dataclass(frozen=True, slots=True)
class Request:
    """What wants an answer."""

    request_id: RequestId
    method: str
    params: Fields = field(default_factory=dict)

    @property
    def meta(self) -> Fields:
        """The request's `_meta`, empty where it has none."""
        return _object(self.params.get("_meta"))


@dataclass(frozen=True, slots=True)
class Notification:
    """What wants none."""

    method: str
    params: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A client's answer; nobody here has asked it anything."""


Message = Request | Notification | Reply


def read_message(body: object) -> Message:
    """Return what a decoded body is.

    Raises:
        McpError: It is no message of the protocol.
    """
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise McpError(INVALID_REQUEST, 'The body has to be one JSON-RPC message, an object with "jsonrpc": "2.0".')
    method, params = body.get("method"), body.get("params", {})
    if method is None and "id" in body and ("result" in body or "error" in body):
        return Reply()
    if not isinstance(method, str) or not method or len(method) > MAX_METHOD_CHARS:
        raise McpError(INVALID_REQUEST, "method is missing: it has to be a text.")
    if not isinstance(params, dict):
        raise McpError(INVALID_REQUEST, "params has to be an object.")
    if "id" not in body:
        return Notification(method, params)
    if not is_request_id(body["id"]):
        raise McpError(INVALID_REQUEST, f"id has to be a whole number or a text of at most {MAX_ID_CHARS} characters.")
    return Request(body["id"], method, params)


def is_request_id(value: object) -> TypeGuard[RequestId]:
    """Say whether a value can be the id of a request."""
    if isinstance(value, str):
        return len(value) <= MAX_ID_CHARS
    return isinstance(value, int) and not isinstance(value, bool)


def encode_result(request_id: RequestId, result: Mapping[str, Any]) -> bytes:
    """Encode a successful answer."""
    return orjson.dumps({"jsonrpc": "2.0", "id": request_id, "result": result})


def encode_error(request_id: RequestId | None, error: McpError) -> bytes:
    """Encode a failure; None is the id of what could not be read."""
    fields: Fields = {"code": error.code, "message": str(error)}
    if error.detail is not None:
        fields["data"] = error.detail
    return orjson.dumps({"jsonrpc": "2.0", "id": request_id, "error": fields})


def encode_notification(method: str, params: Mapping[str, Any]) -> bytes:
    """Encode a notification."""
    return orjson.dumps({"jsonrpc": "2.0", "method": method, "params": params})


def frame(message: bytes) -> bytes:
    """Put a message into a frame of an event stream."""
    return b"event: message\ndata: %b\n\n" % message


def _object(value: object) -> Fields:
    return value if isinstance(value, dict) else {}
