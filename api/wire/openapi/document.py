"""The HTTP contract as OpenAPI 3.1, built from the events, errors and limits that the code itself uses."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, get_args, get_origin

from api.config import Config
from api.errors import DecantError
from api.events import Event
from api.wire.fields import MAX_COUNT, NOT_BLANK
from api.wire.openapi.mcp import mcp_paths, mcp_schemas
from api.wire.openapi.openai import openai_errors, openai_paths, openai_schemas
from api.wire.openapi.parts import content_schema
from api.wire.openapi.threads import run_paths, thread_paths, thread_schemas
from api.wire.openapi.tools import tool_paths, tool_schemas
from api.wire.openapi.words import (
    BOOLEAN,
    NUMBER,
    STRING,
    Schema,
    body,
    choice,
    closed,
    errors,
    json_response,
    listing,
    nullable,
    object_of,
    operation,
    ref,
    response,
    stream_response,
    text,
)
from api.wire.stream_request import MAX_NAME_CHARS, MAX_NAMES, MAX_THREAD_ID_CHARS, ROLES

_INTEGER: Schema = {"type": "integer"}
_FIELDS: dict[object, Schema] = {
    str: STRING,
    int: _INTEGER,
    bool: BOOLEAN,
    # What has a default is left out where it is None.
    int | None: _INTEGER,
    Mapping[str, object] | None: {"type": "object"},
    Sequence[Mapping[str, Any]]: {"type": "array", "items": content_schema()},
    Sequence[Mapping[str, Any]] | None: {"type": "array", "items": {"type": "object"}},
    Mapping[str, Mapping[str, Any]] | None: {"type": "object"},
    float: NUMBER,
    float | None: NUMBER,
}
_STREAM_ERRORS = (400, 404, 408, 413, 415, 429, 500, 502, 503, 504)


def build_openapi(config: Config) -> Schema:
    """Describe every route."""
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "Decant API",
            "version": "1",
            "description": "Streams a model's answers. Errors before the first byte are JSON; after it, events.",
        },
        "paths": {
            "/health": {"get": operation("The process lives.", {"200": response("`ok`", "text/plain", STRING)})},
            "/ready": {
                "get": operation(
                    "The process can answer.",
                    {
                        "200": json_response("Ready.", ref("Readiness")),
                        "503": json_response("What is missing.", ref("Readiness")),
                    },
                )
            },
            "/models": {
                "get": operation(
                    "The model names a client may ask for.", {"200": json_response("The names.", ref("Models"))}
                )
            },
            "/stream": {"post": _stream_operation()},
            **thread_paths(),
            **run_paths(),
            **tool_paths(),
            **openai_paths(),
            **mcp_paths(),
            "/openapi.json": {
                "get": operation("This document.", {"200": json_response("OpenAPI 3.1.", {"type": "object"})})
            },
            "/docs": {"get": operation("This document as a page.", {"200": response("HTML.", "text/html", STRING)})},
        },
        "components": {"schemas": _schemas(config)},
    }
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            if method != "parameters" and path != "/health":
                refused = openai_errors if path.startswith("/v1/") else errors
                described["responses"] |= refused(401 if config.api_tokens else 403)
    if config.api_tokens:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        document["paths"]["/health"]["get"]["security"] = []
    return document


def _schemas(config: Config) -> Schema:
    message = object_of(
        {
            "role": {"type": "string", "enum": list(ROLES)},
            "content": {**text(config.max_message_chars), "pattern": NOT_BLANK},
        },
        required=("role", "content"),
    )
    return {
        "Message": message,
        "StreamRequest": closed(
            object_of(
                {
                    "thread_id": nullable(text(MAX_THREAD_ID_CHARS)),
                    "messages": {
                        "type": "array",
                        "items": ref("Message"),
                        "minItems": 1,
                        "maxItems": config.max_messages,
                        "description": "The last one is the question and not blank.",
                    },
                    "model": choice(*config.models, "", None),
                    "temperature": nullable({"type": "number", "minimum": 0, "maximum": 2}),
                    "max_tokens": nullable({"type": "integer", "minimum": 1, "maximum": MAX_COUNT}),
                    "system_prompt": nullable(text(config.max_message_chars)),
                    "tools": nullable({**listing(text(MAX_NAME_CHARS, 1)), "maxItems": MAX_NAMES}),
                },
                required=("messages",),
            )
        ),
        **thread_schemas(config),
        **tool_schemas(),
        **openai_schemas(config.models),
        **mcp_schemas(),
        "Error": object_of(
            {
                "error": STRING,
                "code": {"type": "string", "enum": error_codes()},
                "retryable": BOOLEAN,
                "request_id": STRING,
            }
        ),
        "Models": object_of(
            {
                "models": {"type": "array", "items": object_of({"name": STRING}, required=("name",))},
                "default": STRING,
            },
            required=("models", "default"),
        ),
        "Readiness": object_of(
            {"ready": BOOLEAN, "provider": STRING, "store": STRING},
            required=("ready", "provider", "store"),
        ),
        **{kind.type: event_schema(kind) for kind in get_args(Event)},
        "Event": {"oneOf": [ref(kind.type) for kind in get_args(Event)]},
    }


def event_schema(kind: type[Event]) -> Schema:
    """Describe the JSON of one kind of event from its dataclass."""
    properties = {field.name: _field_schema(field) for field in fields(kind)}
    schema = object_of(properties, required=tuple(field.name for field in fields(kind) if field.default is MISSING))
    return {"title": kind.type, "description": (kind.__doc__ or "").strip(), **schema}


def _field_schema(field: "Field[Any]") -> Schema:
    if get_origin(field.type) is Literal:
        return {"enum": list(get_args(field.type))}
    if field.type == str | None:
        return nullable(STRING) if field.default is MISSING else STRING
    return _FIELDS[field.type]


def error_codes() -> list[str]:
    """List every code an error can carry."""
    kinds = [DecantError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return sorted({kind.code for kind in kinds})


def _stream_operation() -> Schema:
    described = stream_response(
        "By `Accept`: numbered events (SSE or one JSON object a line), else the bare text. Exactly one terminal event "
        "ends a run; a stream without one is truncated."
    )
    summary = "One answer for these messages, as it comes; nothing is stored. It ends when the client leaves."
    return {
        **operation(summary, {"200": described, **errors(*_STREAM_ERRORS)}),
        "requestBody": body(ref("StreamRequest")),
    }
