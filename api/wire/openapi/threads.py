"""The routes of threads and runs in the OpenAPI document."""

from typing import get_args

from api.config import Config
from api.store.pages import CURSOR
from api.store.records import MessageRole, Status
from api.wire.fields import MAX_COUNT, NOT_BLANK
from api.wire.openapi.parts import part_schema
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
    parameter,
    ref,
    stream_response,
    text,
)
from api.wire.stream_request import MAX_NAME_CHARS, MAX_NAMES
from api.wire.thread_requests import (
    ACTIONS,
    DECISIONS,
    MAX_ANSWERS,
    MAX_ID_CHARS,
    MAX_IMPORTED_MESSAGES,
    MAX_KEY_CHARS,
    MAX_REASON_CHARS,
    MAX_TIME,
    MAX_TITLE_CHARS,
    SCOPES,
)

_PAGE = [
    parameter("cursor", "query", {"type": "string", "pattern": CURSOR}, "`next_cursor` of the page before."),
    parameter(
        "limit",
        "query",
        {"type": "integer", "minimum": 1, "maximum": 200},
        "Most entries of a page; of long ones it has fewer.",
    ),
]
# Before the first text a failure of the model's is an HTTP error, where the answer is plain text.
_RUN_ERRORS = (400, 404, 408, 409, 413, 415, 429, 500, 502, 503, 504)
_READ_ERRORS = (400, 404, 429, 500, 502, 503, 504)
_EMPTY: Schema = {"description": "Done."}


def thread_paths() -> Schema:
    """Describe the routes."""
    thread = parameter("thread_id", "path", STRING, "A thread.")
    page = object_of({"threads": listing(ref("Thread")), "next_cursor": nullable(STRING)})
    messages = object_of({"messages": listing(ref("StoredMessage")), "next_cursor": nullable(STRING)})
    found = parameter("query", "query", STRING, "Words that the title or a message has.")
    approvals = object_of({"approvals": listing(object_of({"server": STRING, "tool": STRING}))})
    named = {"type": "string", "minLength": 1}
    approved = [parameter("server", "query", named, "Its MCP server."), parameter("tool", "query", named, "Its name.")]
    return {
        "/threads": {
            "get": {
                **operation(
                    "Threads, the last used first; with query those that have its words, the best first.",
                    {"200": json_response("A page.", page), **errors(400, 503)},
                ),
                "parameters": [found, *_PAGE],
            },
            "post": {
                **operation("Make a thread, or import one.", _answers(201, "Thread", 400, 404, 408, 413, 415, 503)),
                "requestBody": body(ref("NewThread")),
            },
        },
        "/threads/{thread_id}": {
            "parameters": [thread],
            "get": operation("A thread.", _answers(200, "Thread", 404, 503)),
            "patch": {
                **operation("Change or restore a thread.", _answers(200, "Thread", 400, 404, 408, 413, 415, 503)),
                "requestBody": body(ref("ThreadChanges")),
            },
            "delete": operation("Delete a thread; it can be restored.", {"204": _EMPTY, **errors(404, 503)}),
        },
        "/threads/{thread_id}/approvals": {
            "parameters": [thread],
            "get": operation(
                "The tools that a person has approved for the thread.",
                {"200": json_response("The approvals.", approvals), **errors(404, 503)},
            ),
            "delete": {
                **operation("Take an approval back: the tool asks again.", {"204": _EMPTY, **errors(400, 404, 503)}),
                "parameters": [{**tool, "required": True} for tool in approved],
            },
        },
        "/threads/{thread_id}/messages": {
            "parameters": [thread],
            "get": {
                **operation(
                    "A thread's tree.", {"200": json_response("Parents first.", messages), **errors(400, 404, 503)}
                ),
                "parameters": _PAGE,
            },
        },
    }


def run_paths() -> Schema:
    """Describe the routes of runs."""
    thread = parameter("thread_id", "path", STRING, "A thread.")
    run = parameter("run_id", "path", STRING, "A run.")
    number = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    seq = parameter("Last-Event-ID", "header", number, "The last event seen.")
    after = parameter("after", "query", number, "The same, where a header cannot be sent.")
    said = "The same key starts one run, however often it is sent; in another thread only the same text opens it."
    key = parameter("Idempotency-Key", "header", text(MAX_KEY_CHARS, 1), said)
    return {
        "/threads/{thread_id}/runs": {
            "parameters": [thread],
            "post": {
                **operation(
                    "Add a message and answer it, answer again, or go on. The run goes on without its reader.",
                    {"200": stream_response("The run, by `Accept`."), **errors(*_RUN_ERRORS)},
                ),
                "parameters": [key],
                "requestBody": body(ref("RunRequest")),
            },
        },
        "/runs/{run_id}": {"parameters": [run], "get": operation("A run.", _answers(200, "Run", 404, 503))},
        "/runs/{run_id}/events": {
            "parameters": [run, seq, after],
            "get": operation(
                "What came after an event, then what comes.",
                {
                    "200": stream_response("The run from there."),
                    "204": _EMPTY,
                    **errors(400, 404, 429, 500, 502, 503, 504),
                },
            ),
        },
        "/runs/{run_id}/tool_calls/{tool_call_id}": {
            "parameters": [run, parameter("tool_call_id", "path", STRING, "A call that waits for a decision.")],
            "post": {
                **operation(
                    "Decide about a tool call; with the last one the run goes on.",
                    _answers(202, "Run", 400, 404, 408, 409, 413, 415, 500, 503),
                ),
                "requestBody": body(ref("Decision")),
            },
        },
        "/runs/{run_id}/cancel": {
            "parameters": [run],
            "post": operation("End a run; its text is kept.", _answers(202, "Run", 404, 503)),
        },
    }


def thread_schemas(config: Config) -> Schema:
    """Describe what the routes take and give."""
    chars = config.max_message_chars
    models = choice(*config.models, "", None)
    names = {**listing(text(MAX_NAME_CHARS, 1)), "maxItems": MAX_NAMES}
    changes = {"title": nullable(text(MAX_TITLE_CHARS)), "model": models, "system_prompt": nullable(text(chars))}
    changes["tools_off"] = nullable(names)
    stored = {"title": STRING, "model": STRING, "system_prompt": STRING, "tools_off": listing(STRING)}
    times = {"created_at": NUMBER, "updated_at": NUMBER}
    usage = object_of({"input_tokens": NUMBER, "output_tokens": NUMBER, "estimated": BOOLEAN})
    status = {"type": "string", "enum": list(get_args(Status))}
    ids = {"thread_id": STRING, "message_id": STRING}
    entries = {**listing(ref("NewMessage")), "maxItems": MAX_IMPORTED_MESSAGES}
    return {
        "Thread": object_of({"thread_id": STRING, **stored, **times}),
        "NewThread": closed(object_of({**changes, "messages": entries}, required=())),
        "ThreadChanges": closed(object_of({**changes, "deleted": {"enum": [False, None]}}, required=())),
        "RunRequest": _run_request(chars, models, names),
        "Decision": _decision(),
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
                "action_expires_at": nullable(NUMBER),
            }
        ),
        "Part": part_schema(),
        "NewMessage": closed(_new_message(config, status)),
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


def _run_request(chars: int, models: Schema, names: Schema) -> Schema:
    content, message_id, absent = {**text(chars), "pattern": NOT_BLANK}, text(MAX_ID_CHARS, 1), {"type": "null"}
    options = {
        "parent_id": nullable(message_id),
        "model": models,
        "temperature": nullable({"type": "number", "minimum": 0, "maximum": 2}),
        "max_tokens": nullable({"type": "integer", "minimum": 1, "maximum": MAX_COUNT}),
        "tools": nullable(names),
    }
    tool = object_of({"name": text(MAX_NAME_CHARS, 1), "arguments": nullable({"type": "object"})}, required=("name",))
    by_hand = {**options, "tool": nullable(closed(tool))}
    a_message = {**by_hand, "content": content, "continue_id": absent}
    an_answer_that_goes_on = {**options, "content": absent, "continue_id": message_id}
    another_answer = {**by_hand, "content": absent, "continue_id": absent, "parent_id": message_id}
    return {
        "anyOf": [
            closed(object_of(a_message, required=("content",))),
            closed(object_of(an_answer_that_goes_on, required=("continue_id",))),
            closed(object_of(another_answer, required=("parent_id",))),
        ]
    }


def _new_message(config: Config, status: Schema) -> Schema:
    properties = {
        "message_id": nullable(text(MAX_ID_CHARS)),
        "parent_id": nullable(text(MAX_ID_CHARS)),
        "role": {"type": "string", "enum": list(get_args(MessageRole))},
        "parts": listing(part_schema(config.max_answer_chars)),
        "created_at": nullable({"type": "number", "minimum": 0, "maximum": MAX_TIME}),
        "status": status,
        "thread_id": {},
        "run": {},
    }
    return object_of(properties, required=("role", "parts"))


def _decision() -> Schema:
    absent, scope = {"type": "null"}, {"enum": [*SCOPES, "", None]}
    approve, deny, answer = ({"const": decision} for decision in DECISIONS)
    given: Schema = {"scope": scope, "arguments": absent, "reason": absent, "content": absent, "answers": absent}
    approval = {**given, "decision": approve, "arguments": nullable({"type": "object"})}
    denial = {**given, "decision": deny, "reason": nullable(text(MAX_REASON_CHARS))}
    one = {**given, "decision": answer, "content": {"type": "object"}}
    content = nullable({"type": "object"})
    said = closed(object_of({"action": choice(*ACTIONS), "content": content}, required=("action",)))
    several = {"type": "object", "additionalProperties": said, "minProperties": 1, "maxProperties": MAX_ANSWERS}
    all_of = {**given, "decision": answer, "answers": several}
    return {
        "anyOf": [
            closed(object_of(approval, required=("decision",))),
            closed(object_of(denial, required=("decision",))),
            closed(object_of(one, required=("decision", "content"))),
            closed(object_of(all_of, required=("decision", "answers"))),
        ]
    }


def _answers(status: int, schema: str, *failures: int) -> Schema:
    return {str(status): json_response(f"The {schema.lower()}.", ref(schema)), **errors(*failures)}
