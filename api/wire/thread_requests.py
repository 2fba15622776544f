"""The bodies of the thread routes, checked before any work: no I/O, no Flask."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import orjson

from api.config import Config
from api.errors import BadRequest, NotFound
from api.events import ToolCallDecided
from api.ids import new_id
from api.runs.decisions import Decision
from api.runs.run_request import RunRequest, ToolRequest
from api.store.records import ACTIVE, NewMessage, Status
from api.store.run_decisions import Scope
from api.wire.fields import (
    Body,
    is_blank,
    read_count,
    read_id,
    read_model,
    read_names,
    read_number,
    read_object,
    read_text,
    shown,
)
from api.wire.parts import parse_part
from api.wire.stream_request import MAX_NAME_CHARS, MAX_NAMES

RUN_FIELDS = ("content", "parent_id", "continue_id", "model", "temperature", "max_tokens", "tools", "tool")
THREAD_FIELDS = ("title", "model", "system_prompt", "tools_off")
DECISION_FIELDS = ("decision", "arguments", "scope", "reason", "content", "answers")
DECISIONS = ("approve", "deny", "answer")
ACTIONS = ("accept", "decline", "cancel")
SCOPES: tuple[Scope, ...] = ("once", "thread", "step")
MESSAGE_FIELDS = ("message_id", "parent_id", "role", "parts", "created_at")
ROLES = ("system", "user", "assistant", "tool")
FINAL_STATUSES: tuple[Status, ...] = ("completed", "failed", "cancelled", "interrupted")
MAX_TITLE_CHARS = 200
MAX_IMPORTED_MESSAGES = 10_000
MAX_ID_CHARS = 100
MAX_KEY_CHARS = 200
MAX_TIME = 1e11
MAX_REASON_CHARS = 2000
MAX_ANSWERS = 10
EXAMPLE = '{"content": "hi"}'


@dataclass(frozen=True, slots=True)
class ThreadFields:
    """What a client says of a thread; None is unchanged."""

    title: str | None
    model: str | None
    system_prompt: str | None
    tools_off: tuple[str, ...] | None


def parse_run_request(body: object, config: Config) -> RunRequest:
    """Check the body of `POST /threads/{id}/runs`.

    Raises:
        BadRequest: A field is wrong; the text names it.
    """
    fields = read_object(body, RUN_FIELDS, EXAMPLE)
    content = read_text(fields, "content", config.max_message_chars)
    continue_id = read_id(fields, "continue_id", MAX_ID_CHARS)
    if content is not None and is_blank(content):
        raise BadRequest("query is empty")
    if content is not None and continue_id is not None:
        raise BadRequest("content and continue_id exclude each other.")
    return RunRequest(
        content=content,
        parent_id=read_id(fields, "parent_id", MAX_ID_CHARS),
        is_first="parent_id" in fields and fields["parent_id"] is None,
        continue_id=continue_id,
        model=read_model(fields, config.models),
        temperature=read_number(fields, "temperature", 0, 2),
        max_tokens=read_count(fields, "max_tokens"),
        tools=read_names(fields, "tools", MAX_NAMES, MAX_NAME_CHARS),
        tool=_tool(fields, continue_id),
    )


def parse_decision(body: object, tool_call_id: str) -> Decision:
    """Check the body of `POST /runs/{id}/tool_calls/{tool_call_id}`.

    Raises:
        BadRequest: A field is wrong; the text names it.
    """
    fields = read_object(body, DECISION_FIELDS, '{"decision": "approve"}')
    decision, scope = fields.get("decision"), fields.get("scope") or "once"
    if decision not in DECISIONS:
        raise BadRequest(f"decision is {shown(decision)}: it has to be one of {', '.join(DECISIONS)}.")
    if scope not in SCOPES:
        raise BadRequest(f"scope is {shown(scope)}: it has to be one of {', '.join(SCOPES)}.")
    arguments = fields.get("arguments")
    if arguments is not None and not isinstance(arguments, dict):
        raise BadRequest("arguments has to be an object.")
    reason = read_text(fields, "reason", MAX_REASON_CHARS)
    content, answers = fields.get("content"), fields.get("answers")
    if decision != "approve" and arguments is not None:
        raise BadRequest("Only a call that is approved has arguments.")
    if decision != "answer" and (content is not None or answers is not None):
        raise BadRequest("Only a question that is answered has content or answers.")
    if decision == "answer" and (content is None) == (answers is None):
        raise BadRequest("A question is answered with content, several with answers.")
    if content is not None and not isinstance(content, dict):
        raise BadRequest("content has to be an object.")
    if decision != "deny" and reason is not None:
        raise BadRequest("Only a call that is denied has a reason.")
    written = _written(arguments) if arguments is not None else None
    decided = ToolCallDecided(tool_call_id, decision, written, reason or None, _answers(answers))
    if content is not None:
        _written(content)
    return Decision(decided, arguments, scope, content)


def parse_thread(body: object, config: Config, more: tuple[str, ...] = ()) -> ThreadFields:
    """Check the body that makes or changes a thread.

    Raises:
        BadRequest: A field is wrong; the text names it.
    """
    fields = read_object(body, (*THREAD_FIELDS, *more), '{"title": "Wine"}')
    return ThreadFields(
        title=read_text(fields, "title", MAX_TITLE_CHARS),
        model=read_model(fields, config.models),
        system_prompt=read_text(fields, "system_prompt", config.max_message_chars),
        tools_off=read_names(fields, "tools_off", MAX_NAMES, MAX_NAME_CHARS),
    )


def parse_restore(body: object) -> bool:
    """Say whether the body that changes a thread asks for a deleted one back.

    Raises:
        BadRequest: `deleted` is anything but false.
    """
    value = body.get("deleted") if isinstance(body, dict) else None
    if value is not None and value is not False:
        raise BadRequest("deleted can only be false, which restores the thread; DELETE deletes it.")
    return value is False


def parse_messages(value: object, config: Config) -> Iterator[NewMessage]:
    """Check the messages of a thread that is imported: as `GET /threads/{id}/messages` gives them, parents first.

    They may be long and many: each is checked when it is asked for.

    Raises:
        BadRequest: A field is wrong; the text names it.
        NotFound: A parent is not among the messages before.
    """
    if not isinstance(value, list):
        raise BadRequest("messages has to be a list.")
    if len(value) > MAX_IMPORTED_MESSAGES:
        raise BadRequest(f"messages has {len(value)} entries; at most {MAX_IMPORTED_MESSAGES} are allowed.")
    seen: set[str] = set()
    for number, entry in enumerate(value):
        message = _message(entry, f"messages[{number}]", config)
        if message.parent_id is not None and message.parent_id not in seen:
            raise NotFound(f"messages[{number}].parent_id names no message before it.")
        if message.message_id in seen:
            raise BadRequest(f"messages[{number}].message_id names a message before it.")
        if message.message_id:
            seen.add(message.message_id)
        yield message


def with_new_ids(messages: Iterable[NewMessage]) -> Iterator[NewMessage]:
    """Give imported messages, parents first, ids of their own: a thread can be imported beside its original."""
    ids: dict[str, str] = {}
    for message in messages:
        own_id = new_id()
        if message.message_id:
            ids[message.message_id] = own_id
        yield replace(message, message_id=own_id, parent_id=ids[message.parent_id] if message.parent_id else None)


def _answers(value: object) -> Mapping[str, Body] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value or len(value) > MAX_ANSWERS:
        raise BadRequest(f"answers has to be an object of one to {MAX_ANSWERS} answers.")
    answers: dict[str, Body] = {}
    for key, answer in value.items():
        fields = read_object(answer, ("action", "content"), '{"action": "accept", "content": {}}')
        action, content = fields.get("action"), fields.get("content")
        if action not in ACTIONS:
            raise BadRequest(f"answers.{shown(key)}.action has to be one of {', '.join(ACTIONS)}.")
        if content is not None and not isinstance(content, dict):
            raise BadRequest(f"answers.{shown(key)}.content has to be an object.")
        answers[key] = {"action": action, **({"content": content} if content is not None else {})}
    _written(answers)
    return answers


def _tool(body: Body, continue_id: str | None) -> ToolRequest | None:
    value = body.get("tool")
    if value is None:
        return None
    fields = read_object(value, ("name", "arguments"), '{"name": "example/time"}')
    name, arguments = read_id(fields, "name", MAX_NAME_CHARS), fields.get("arguments")
    if name is None:
        raise BadRequest("tool.name is missing: name the tool to call.")
    if arguments is not None and not isinstance(arguments, dict):
        raise BadRequest("tool.arguments has to be an object.")
    if continue_id is not None:
        raise BadRequest("tool and continue_id exclude each other.")
    return ToolRequest(name, _written(arguments or {}))


def _written(arguments: Body) -> str:
    try:
        return orjson.dumps(arguments).decode()
    except orjson.JSONEncodeError:
        raise BadRequest("arguments are too deep, or have a number of more than 64 bits or half a character.") from None


def _message(entry: object, where: str, config: Config) -> NewMessage:
    fields = read_object(entry, (*MESSAGE_FIELDS, "status", "thread_id", "run"), '{"role": "user", "parts": […]}')
    role = fields.get("role")
    if role not in ROLES:
        raise BadRequest(f"{where} has the unknown role {shown(role)}. The roles are {', '.join(ROLES)}.")
    parts = fields.get("parts")
    if not isinstance(parts, list):
        raise BadRequest(f"{where}.parts has to be a list.")
    return NewMessage(
        role,
        tuple(parse_part(part, f"{where}.parts[{place}]", config) for place, part in enumerate(parts)),
        parent_id=read_text(fields, "parent_id", MAX_ID_CHARS),
        message_id=read_text(fields, "message_id", MAX_ID_CHARS),
        created_at=read_number(fields, "created_at", 0, MAX_TIME),
        status=_status(fields.get("status", "completed"), where),
    )


def _status(value: object, where: str) -> Status:
    if value in ACTIVE:
        return "interrupted"  # Nobody writes it any more.
    if value not in FINAL_STATUSES:
        raise BadRequest(f"{where} has the unknown status {shown(value)}. They are {', '.join(FINAL_STATUSES)}.")
    return value
