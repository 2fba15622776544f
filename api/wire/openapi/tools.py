"""The routes of tools in the OpenAPI document."""

from typing import get_args

from api.tool_calls import Policy, ServerStatus
from api.wire.openapi.parts import content_schema
from api.wire.openapi.words import (
    BOOLEAN,
    STRING,
    Schema,
    body,
    closed,
    errors,
    json_response,
    listing,
    nullable,
    object_of,
    operation,
    parameter,
    ref,
    text,
)
from api.wire.tool_requests import MAX_ARGUMENT_CHARS, MAX_ARGUMENTS, MAX_NAME_CHARS, MAX_URI_CHARS

_FAILURES = (404, 502, 504)
_REFUSALS = (400, 404, 408, 413, 415, 502, 504)


def tool_paths() -> Schema:
    """Describe the routes."""
    listed = object_of({"servers": listing(ref("ToolServer"))})
    answer = json_response("The MCP servers.", listed)
    server = [parameter("server", "path", STRING, "An MCP server's name.")]
    prompts = object_of({"prompts": listing(ref("Prompt"))})
    resources = object_of({"resources": listing(ref("Resource"))})
    said = json_response("The text.", object_of({"text": STRING}))
    held = json_response("Its content.", object_of({"content": listing(content_schema())}))
    return {
        "/tools/{server}/prompts": {
            "parameters": server,
            "get": operation(
                "The prompts of an MCP server.", {"200": json_response("The prompts.", prompts), **errors(*_FAILURES)}
            ),
            "post": {
                **operation("A prompt, filled in, as the text of a message.", {"200": said, **errors(*_REFUSALS)}),
                "requestBody": body(ref("PromptRequest")),
            },
        },
        "/tools/{server}/resources": {
            "parameters": server,
            "get": operation(
                "The resources of an MCP server.",
                {"200": json_response("The resources.", resources), **errors(*_FAILURES)},
            ),
            "post": {
                **operation("What a resource holds.", {"200": held, **errors(*_REFUSALS)}),
                "requestBody": body(ref("ResourceRequest")),
            },
        },
        "/tools": {"get": operation("The MCP servers of this worker, with their tools.", {"200": answer})},
        "/tools/{server}/reconnect": {
            "parameters": server,
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
    argument = {"name": STRING, "description": STRING, "required": BOOLEAN}
    prompt = {
        "name": STRING,
        "title": STRING,
        "description": STRING,
        "arguments": listing(object_of(argument)),
    }
    resource = {"uri": STRING, "title": STRING, "description": STRING, "mime_type": STRING}
    name = text(MAX_NAME_CHARS, 1)
    filled_in = {"type": "object", "additionalProperties": text(MAX_ARGUMENT_CHARS), "maxProperties": MAX_ARGUMENTS}
    return {
        "Tool": object_of(tool),
        "ToolServer": object_of(server),
        "Prompt": object_of(prompt),
        "Resource": object_of(resource),
        "PromptRequest": closed(object_of({"name": name, "arguments": nullable(filled_in)}, required=("name",))),
        "ResourceRequest": closed(object_of({"uri": text(MAX_URI_CHARS, 1)}, required=("uri",))),
    }
