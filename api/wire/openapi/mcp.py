"""`POST /mcp` in the OpenAPI document: the envelope of its messages; what is in them is the protocol's to describe."""

from api.wire.mcp.messages import MAX_ID_CHARS, MAX_METHOD_CHARS
from api.wire.mcp.protocol import (
    METHOD_HEADER,
    MODERN_VERSIONS,
    NAME_HEADER,
    OLDER_VERSIONS,
    SESSION_HEADER,
    VERSION_HEADER,
)
from api.wire.openapi.words import (
    STRING,
    Schema,
    body,
    closed,
    errors,
    json_response,
    object_of,
    operation,
    ref,
    text,
)

_VERSION: Schema = {"const": "2.0"}
_ID: Schema = {"anyOf": [text(MAX_ID_CHARS), {"type": "integer"}]}
_INTEGER: Schema = {"type": "integer"}
_OBJECT: Schema = {"type": "object"}
_REFUSALS = (403, 408, 413, 415)


def mcp_paths() -> Schema:
    """Describe the route."""
    answer = {
        "description": "The answer; of a tool that takes time an event stream, whose last message is the answer.",
        "content": {
            "application/json": {"schema": ref("McpAnswer")},
            "text/event-stream": {"schema": ref("McpAnswer")},
        },
    }
    refused = json_response("The message cannot be answered.", ref("McpAnswer"))
    responses = {
        "200": answer,
        "202": {"description": "A notification, or a client's answer: taken."},
        **{str(status): refused for status in (400, 404, 409, 500, 503)},
        **errors(*_REFUSALS),
    }
    described = operation("Decant as a server of the Model Context Protocol, of both generations.", responses)
    described["description"] = (
        f"The headers {VERSION_HEADER}, {METHOD_HEADER}, {NAME_HEADER} and {SESSION_HEADER} are as the protocol's "
        f"versions {', '.join((*MODERN_VERSIONS, *OLDER_VERSIONS))} have them; clients send them by themselves."
    )
    return {"/mcp": {"post": {**described, "requestBody": body(ref("McpMessage"))}}}


def mcp_schemas() -> Schema:
    """Describe the messages."""
    message = {"jsonrpc": _VERSION, "id": _ID, "method": text(MAX_METHOD_CHARS, 1), "params": _OBJECT}
    failure = object_of({"code": _INTEGER, "message": STRING, "data": _OBJECT}, required=("code", "message"))
    answer = {"jsonrpc": _VERSION, "id": {"type": ["string", "integer", "null"]}, "result": _OBJECT, "error": failure}
    return {
        "McpMessage": object_of(message, required=("jsonrpc", "method")),
        "McpAnswer": closed(object_of(answer, required=("jsonrpc", "id"))),
    }
