"""The body of `POST /stream`, checked before any work: no I/O, no Flask."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.config import Config
from api.errors import BadRequest
from api.messages import Message, ModelRequest, Role, text_message
from api.wire.fields import (
    check_text,
    is_blank,
    read_count,
    read_model,
    read_names,
    read_number,
    read_object,
    read_text,
    shown,
)

ROLES: Mapping[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "system": "system",
}
FIELDS = ("thread_id", "messages", "model", "temperature", "max_tokens", "system_prompt", "tools")
MAX_NAMES = 500
MAX_NAME_CHARS = 300
MAX_THREAD_ID_CHARS = 200


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A checked body; `tools` names the servers and, as `server/tool`, the tools that may be used without asking."""

    thread_id: str | None
    model_request: ModelRequest
    tools: tuple[str, ...] = ()


def parse_stream_request(body: object, config: Config) -> StreamRequest:
    """Check a decoded JSON body.

    Raises:
        BadRequest: A field is missing, of the wrong kind or over a limit; the text names it.
    """
    fields = read_object(body, FIELDS, '{"messages": [{"role": "user", "content": "hi"}]}')
    messages = _messages(fields.get("messages"), config)
    system_prompt = read_text(fields, "system_prompt", config.max_message_chars)
    if system_prompt:
        messages = (text_message("system", system_prompt), *messages)
    request = ModelRequest(
        model=read_model(fields, config.models) or config.models[0],
        messages=messages,
        temperature=read_number(fields, "temperature", 0, 2),
        max_tokens=read_count(fields, "max_tokens"),
    )
    tools = read_names(fields, "tools", MAX_NAMES, MAX_NAME_CHARS) or ()
    return StreamRequest(read_text(fields, "thread_id", MAX_THREAD_ID_CHARS), request, tools)


def _messages(value: object, config: Config) -> tuple[Message, ...]:
    if value is None or value == []:
        raise BadRequest("query is empty")
    if not isinstance(value, list):
        raise BadRequest("messages has to be a list.")
    if len(value) > config.max_messages:
        raise BadRequest(f"messages has {len(value)} entries; at most {config.max_messages} are allowed.")
    messages = tuple(_message(entry, number, config) for number, entry in enumerate(value))
    if is_blank(messages[-1].text):
        raise BadRequest("query is empty")
    return messages


def _message(entry: object, number: int, config: Config) -> Message:
    where = f"messages[{number}]"
    if not isinstance(entry, dict):
        raise BadRequest(f"{where} has to be an object with role and content.")
    role = entry.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise BadRequest(f"{where} has the unknown role {shown(role)}. The roles are {', '.join(ROLES)}.")
    content = entry.get("content")
    if not isinstance(content, str):
        raise BadRequest(f"{where}.content has to be a text.")
    return text_message(ROLES[role], check_text(content, f"{where}.content", config.max_message_chars))
