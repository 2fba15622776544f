"""The routes of tools in the OpenAPI document."""

from typing import get_args

from api.tool_calls import Policy, ServerStatus
from api.wire.openapi.words import (
    STRING,
    Schema,
    errors,
    json_response,
    listing,
    nullable,
    object_of,
    operation,
    parameter,
    ref,
)


def tool_paths() -> Schema:
    """Describe the routes."""
    listed = object_of({"servers": listing(ref("ToolServer"))})
    answer = json_response("The MCP servers.", listed)
    return {
        "/tools": {"get": operation("The MCP servers of this worker, with their tools.", {"200": answer})},
        "/tools/{server}/reconnect": {
            "parameters": [parameter("server", "path", STRING, "An MCP server's name.")],
            "post": operation("Connect to an MCP server anew.", {"202": answer, **errors(404)}),
        },
    }


def tool_schemas() -> Schema:
    """Describe what the routes give."""
    tool = {
        "name": STRING,
        "title": STRING,
        "description": STRING,
        "input_schema": {"type": "object"},
        "policy": {"type": "string", "enum": list(get_args(Policy))},
    }
    server = {
        "name": STRING,
        "title": STRING,
        "status": {"type": "string", "enum": list(get_args(ServerStatus))},
        "error": nullable(STRING),
        "protocol_version": nullable(STRING),
        "latency_ms": nullable({"type": "integer"}),
        "tools": listing(ref("Tool")),
    }
    return {"Tool": object_of(tool), "ToolServer": object_of(server)}
