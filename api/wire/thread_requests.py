"""The bodies of the thread routes, checked before any work: no I/O, no Flask."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from api.config import Config
from api.errors import BadRequest, NotFound
from api.ids import new_id
from api.parts import KINDS, Part, ToolCallPart
from api.runs.thread_runs import RunRequest
from api.store.records import ACTIVE, NewMessage, Status
from api.wire.fields import (
    Body,
    check_text,
    is_blank,
    read_count,
    read_id,
    read_model,
    read_number,
    read_object,
    read_text,
    shown,
)

RUN_FIELDS = ("content", "parent_id", "continue_id", "model", "temperature", "max_tokens")
THREAD_FIELDS = ("title", "model", "system_prompt")
MESSAGE_FIELDS = ("message_id", "parent_id", "role", "parts", "created_at")
ROLES = ("system", "user", "assistant", "tool")
FINAL_STATUSES: tuple[Status, ...] = ("completed", "failed", "cancelled", "interrupted")
PROVIDER_FIELDS = "provider_fields"
MAX_TITLE_CHARS = 200
MAX_IMPORTED_MESSAGES = 10_000
MAX_ID_CHARS = 100
MAX_KEY_CHARS = 200
MAX_TIME = 1e11
EXAMPLE = '{"content": "hi"}'


@dataclass(frozen=True, slots=True)
class ThreadFields:
    """What a client says of a thread; None is unchanged."""

    title: str | None
    model: str | None
    system_prompt: str | None


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
        model=read_model(fields, config.provider.models),
        temperature=read_number(fields, "temperature", 0, 2),
        max_tokens=read_count(fields, "max_tokens"),
    )


def parse_thread(body: object, config: Config, more: tuple[str, ...] = ()) -> ThreadFields:
    """Check the body that makes or changes a thread.

    Raises:
        BadRequest: A field is wrong; the text names it.
    """
    fields = read_object(body, (*THREAD_FIELDS, *more), '{"title": "Wine"}')
    return ThreadFields(
        title=read_text(fields, "title", MAX_TITLE_CHARS),
        model=read_model(fields, config.provider.models),
        system_prompt=read_text(fields, "system_prompt", config.max_message_chars),
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
        tuple(_part(part, f"{where}.parts[{place}]", config) for place, part in enumerate(parts)),
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


def _part(value: object, where: str, config: Config) -> Part:
    fields: Body = value if isinstance(value, dict) else {}
    kind = KINDS.get(str(fields.get("type")))
    if kind is None:
        raise BadRequest(f"{where} has to have a type of {', '.join(KINDS)}.")
    values: dict[str, Any] = {}
    for name, annotation in kind.__annotations__.items():
        if name in ("type", PROVIDER_FIELDS):
            continue
        values[name] = fields.get(name)
        if not isinstance(values[name], annotation):
            raise BadRequest(f"{where}.{name} is missing or of the wrong kind.")
        if annotation is str:
            check_text(values[name], f"{where}.{name}", config.max_answer_chars)
    if kind is ToolCallPart and (kept := fields.get(PROVIDER_FIELDS)) is not None:
        values[PROVIDER_FIELDS] = _provider_fields(kept, f"{where}.{PROVIDER_FIELDS}", config)
    return kind(**values)


def _provider_fields(value: object, where: str, config: Config) -> Body:
    try:
        is_kept = isinstance(value, dict) and len(orjson.dumps(value)) <= config.max_answer_chars
    except orjson.JSONEncodeError:
        is_kept = False
    if not isinstance(value, dict) or not is_kept:
        raise BadRequest(f"{where} has to be an object, not a very deep or large one.")
    return value
