"""The HTTP contract as OpenAPI 3.1, built from the events, errors and limits that the code itself uses."""

from dataclasses import fields
from typing import Any, get_args

from api.config import Config
from api.errors import DecantError
from api.events import Event
from api.stream_request import MAX_THREAD_ID_CHARS, ROLES

Schema = dict[str, Any]

_TYPES = {str: "string", int: "integer", bool: "boolean"}
_STREAM_ERRORS = (400, 401, 403, 413, 415, 429, 500, 502, 503, 504)


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
            "/health": {"get": _operation("The process lives.", {"200": _text("`ok`")})},
            "/ready": {
                "get": _operation(
                    "The process can answer.",
                    {"200": _json("Ready.", _ref("Readiness")), "503": _json("What is missing.", _ref("Readiness"))},
                )
            },
            "/models": {
                "get": _operation("The model names a client may ask for.", {"200": _json("The names.", _ref("Models"))})
            },
            "/stream": {"post": _stream_operation()},
            "/openapi.json": {"get": _operation("This document.", {"200": _json("OpenAPI 3.1.", {"type": "object"})})},
            "/docs": {"get": _operation("This document as a page.", {"200": _response("HTML.", "text/html", _STRING)})},
        },
        "components": {"schemas": _schemas(config)},
    }
    if config.api_tokens:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        document["paths"]["/health"]["get"]["security"] = []
    return document


_STRING: Schema = {"type": "string"}


def _schemas(config: Config) -> Schema:
    message = _object(
        {
            "role": {"type": "string", "enum": list(ROLES)},
            "content": {"type": "string", "maxLength": config.max_message_chars},
        },
        required=("role", "content"),
    )
    return {
        "Message": message,
        "StreamRequest": _object(
            {
                "thread_id": {"type": "string", "maxLength": MAX_THREAD_ID_CHARS},
                "messages": {
                    "type": "array",
                    "items": _ref("Message"),
                    "minItems": 1,
                    "maxItems": config.max_messages,
                },
                "model": {"type": "string", "enum": list(config.provider.models)},
                "temperature": {"type": "number", "minimum": 0, "maximum": 2},
                "max_tokens": {"type": "integer", "minimum": 1},
                "system_prompt": {"type": "string", "maxLength": config.max_message_chars},
            },
            required=("messages",),
        ),
        "Error": _object(
            {"error": _STRING, "code": {"type": "string", "enum": error_codes()}, "request_id": _STRING},
            required=("error", "code", "request_id"),
        ),
        "Models": _object(
            {
                "models": {"type": "array", "items": _object({"name": _STRING}, required=("name",))},
                "default": _STRING,
            },
            required=("models", "default"),
        ),
        "Readiness": _object(
            {"ready": {"type": "boolean"}, "provider": _STRING, "store": _STRING},
            required=("ready", "provider", "store"),
        ),
        **{kind.type: event_schema(kind) for kind in get_args(Event)},
        "Event": {"oneOf": [_ref(kind.type) for kind in get_args(Event)]},
    }


def event_schema(kind: type[Event]) -> Schema:
    """Describe the JSON of one kind of event from its dataclass."""
    properties = {field.name: {"type": _TYPES[_plain(field.type)]} for field in fields(kind)}
    schema = _object(properties, required=tuple(properties))
    return {"title": kind.type, "description": (kind.__doc__ or "").strip(), **schema}


def error_codes() -> list[str]:
    """List every code an error can carry."""
    kinds = [DecantError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return sorted({kind.code for kind in kinds})


def _stream_operation() -> Schema:
    operation = _operation(
        "One answer for these messages, as it comes; nothing is stored. It ends when the client leaves.",
        {
            "200": {
                "description": "By `Accept`: numbered events (SSE or one JSON object a line), else the bare text. "
                "Exactly one terminal event ends a run; a stream without one is truncated.",
                "headers": {"X-Run-Id": {"schema": _STRING}},
                "content": {
                    "text/plain": {"schema": _STRING},
                    "text/event-stream": {"schema": _ref("Event")},
                    "application/x-ndjson": {"schema": _ref("Event")},
                },
            },
            **{str(status): _json("The request failed.", _ref("Error")) for status in _STREAM_ERRORS},
        },
    )
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": _ref("StreamRequest")}},
    }
    return operation


def _operation(summary: str, responses: Schema) -> Schema:
    return {"summary": summary, "responses": responses}


def _response(description: str, content_type: str, schema: Schema) -> Schema:
    return {"description": description, "content": {content_type: {"schema": schema}}}


def _json(description: str, schema: Schema) -> Schema:
    return _response(description, "application/json", schema)


def _text(description: str) -> Schema:
    return _response(description, "text/plain", _STRING)


def _object(properties: Schema, required: tuple[str, ...]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _plain(annotation: object) -> type:
    return annotation if isinstance(annotation, type) else str
