"""The routes of threads and runs in the OpenAPI document."""

from dataclasses import fields
from typing import get_args

from api.config import Config
from api.parts import KINDS
from api.store.records import MessageRole, Status
from api.wire.openapi.words import (
    BOOLEAN,
    NUMBER,
    STRING,
    Schema,
    body,
    errors,
    json_response,
    listing,
    nullable,
    object_of,
    operation,
    parameter,
    ref,
    stream_response,
)
from api.wire.thread_requests import MAX_TITLE_CHARS

_TYPES = {str: "string", bool: "boolean"}
_PAGE = [
    parameter("cursor", "query", STRING, "`next_cursor` of the page before."),
    parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 200}, "Entries of a page."),
]
_EMPTY: Schema = {"description": "Done."}


def thread_paths() -> Schema:
    """Describe the routes."""
    thread = parameter("thread_id", "path", STRING, "A thread.")
    run = parameter("run_id", "path", STRING, "A run.")
    page = object_of({"threads": listing(ref("Thread")), "next_cursor": nullable(STRING)})
    messages = object_of({"messages": listing(ref("StoredMessage")), "next_cursor": nullable(STRING)})
    seq = parameter("Last-Event-ID", "header", {"type": "integer"}, "The last event seen; also `?after=`.")
    key = parameter("Idempotency-Key", "header", STRING, "The same key starts one run, however often it is sent.")
    found = parameter("query", "query", STRING, "Words that the title or a message has.")
    return {
        "/threads": {
            "get": {
                **operation(
                    "Threads, the last used first; with query those that have its words, the best first.",
                    {"200": json_response("A page.", page), **errors(400)},
                ),
                "parameters": [found, *_PAGE],
            },
            "post": {
                **operation("Make a thread, or import one.", _answers(201, "Thread", 400, 413, 415)),
                "requestBody": body(ref("NewThread")),
            },
        },
        "/threads/{thread_id}": {
            "parameters": [thread],
            "get": operation("A thread.", _answers(200, "Thread", 404)),
            "patch": {
                **operation("Change or restore a thread.", _answers(200, "Thread", 400, 404)),
                "requestBody": body(ref("ThreadChanges")),
            },
            "delete": operation("Delete a thread; it can be restored.", {"204": _EMPTY, **errors(404)}),
        },
        "/threads/{thread_id}/messages": {
            "parameters": [thread],
            "get": {
                **operation("A thread's tree.", {"200": json_response("Parents first.", messages), **errors(400, 404)}),
                "parameters": _PAGE,
            },
        },
        "/threads/{thread_id}/runs": {
            "parameters": [thread],
            "post": {
                **operation(
                    "Add a message and answer it, answer again, or go on. The run goes on without its reader.",
                    {"200": stream_response("The run, by `Accept`."), **errors(400, 404, 409, 413, 415, 503)},
                ),
                "parameters": [key],
                "requestBody": body(ref("RunRequest")),
            },
        },
        "/runs/{run_id}": {"parameters": [run], "get": operation("A run.", _answers(200, "Run", 404))},
        "/runs/{run_id}/events": {
            "parameters": [run, seq],
            "get": operation(
                "What came after an event, then what comes.",
                {"200": stream_response("The run from there."), "204": _EMPTY, **errors(400, 404, 503)},
            ),
        },
        "/runs/{run_id}/cancel": {
            "parameters": [run],
            "post": operation("End a run; its text is kept.", _answers(202, "Run", 404)),
        },
    }


def thread_schemas(config: Config) -> Schema:
    """Describe what the routes take and give."""
    prompt = {"type": "string", "maxLength": config.max_message_chars}
    changes = {"title": {"type": "string", "maxLength": MAX_TITLE_CHARS}, "model": STRING, "system_prompt": prompt}
    times = {"created_at": NUMBER, "updated_at": NUMBER}
    usage = object_of({"input_tokens": NUMBER, "output_tokens": NUMBER, "estimated": BOOLEAN})
    status = {"type": "string", "enum": list(get_args(Status))}
    ids = {"thread_id": STRING, "message_id": STRING}
    return {
        "Thread": object_of({"thread_id": STRING, **changes, **times}),
        "NewThread": object_of({**changes, "messages": listing(ref("NewMessage"))}, required=()),
        "ThreadChanges": object_of({**changes, "deleted": {"const": False}}, required=()),
        "RunRequest": object_of(
            {
                "content": prompt,
                "parent_id": nullable(STRING),
                "continue_id": STRING,
                "model": STRING,
                "temperature": NUMBER,
                "max_tokens": {"type": "integer", "minimum": 1},
            },
            required=(),
        ),
        "Run": object_of(
            {
                "run_id": STRING,
                **ids,
                "model": STRING,
                "status": status,
                "seq": {"type": "integer"},
                "finish_reason": nullable(STRING),
                "error": nullable(object_of({"code": STRING, "message": STRING, "retryable": BOOLEAN})),
                "usage": nullable(usage),
                "created_at": NUMBER,
                "ended_at": nullable(NUMBER),
            }
        ),
        "Part": {"oneOf": [_part(name) for name in KINDS]},
        "NewMessage": object_of(
            {
                "message_id": STRING,
                "parent_id": nullable(STRING),
                "role": {"type": "string", "enum": list(get_args(MessageRole))},
                "parts": listing(ref("Part")),
            },
            required=("role", "parts"),
        ),
        "StoredMessage": object_of(
            {
                **ids,
                "parent_id": nullable(STRING),
                "role": {"type": "string", "enum": list(get_args(MessageRole))},
                "parts": listing(ref("Part")),
                "status": status,
                "created_at": NUMBER,
                "run": nullable(ref("Run")),
            }
        ),
    }


def _part(name: str) -> Schema:
    properties: Schema = {
        field.name: {"type": _TYPES[field.type]} for field in fields(KINDS[name]) if isinstance(field.type, type)
    }
    return object_of({"type": {"const": name}, **properties})


def _answers(status: int, schema: str, *failures: int) -> Schema:
    return {str(status): json_response(f"The {schema.lower()}.", ref(schema)), **errors(*failures)}
