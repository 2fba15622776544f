"""The body of `POST /stream`, checked before any work: no I/O, no Flask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.config import Config
from api.errors import BadRequest
from api.messages import Message, ModelRequest, Role

ROLES: Mapping[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "system": "system",
}
FIELDS = ("thread_id", "messages", "model", "temperature", "max_tokens", "system_prompt")
MAX_THREAD_ID_CHARS = 200


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A checked body."""

    thread_id: str | None
    model_request: ModelRequest


def parse_stream_request(body: object, config: Config) -> StreamRequest:
    """Check a decoded JSON body.

    Raises:
        BadRequest: A field is missing, of the wrong kind or over a limit; the text names it.
    """
    if not isinstance(body, dict):
        raise BadRequest('The body has to be a JSON object, as {"messages": [{"role": "user", "content": "hi"}]}.')
    unknown = sorted(set(body) - set(FIELDS))
    if unknown:
        raise BadRequest(f"Unknown field {unknown[0]!r}. The fields are {', '.join(FIELDS)}.")
    thread_id = _text(body, "thread_id")
    if thread_id is not None and len(thread_id) > MAX_THREAD_ID_CHARS:
        raise BadRequest(f"thread_id is longer than {MAX_THREAD_ID_CHARS} characters.")
    messages = _messages(body.get("messages"), config)
    system_prompt = _text(body, "system_prompt")
    if system_prompt:
        messages = (Message("system", _within_limit(system_prompt, "system_prompt", config)), *messages)
    request = ModelRequest(
        model=_model(body, config),
        messages=messages,
        temperature=_number(body, "temperature", 0, 2),
        max_tokens=_whole_number(body, "max_tokens"),
    )
    return StreamRequest(thread_id, request)


def _messages(value: object, config: Config) -> tuple[Message, ...]:
    if value is None or value == []:
        raise BadRequest("query is empty")
    if not isinstance(value, list):
        raise BadRequest("messages has to be a list.")
    if len(value) > config.max_messages:
        raise BadRequest(f"messages has {len(value)} entries; at most {config.max_messages} are allowed.")
    messages = tuple(_message(entry, number, config) for number, entry in enumerate(value))
    if not messages[-1].text.strip():
        raise BadRequest("query is empty")
    return messages


def _message(entry: object, number: int, config: Config) -> Message:
    where = f"messages[{number}]"
    if not isinstance(entry, dict):
        raise BadRequest(f"{where} has to be an object with role and content.")
    role = entry.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise BadRequest(f"{where} has the unknown role {role!r}. The roles are {', '.join(ROLES)}.")
    content = entry.get("content")
    if not isinstance(content, str):
        raise BadRequest(f"{where}.content has to be a text.")
    return Message(ROLES[role], _within_limit(content, f"{where}.content", config))


def _within_limit(text: str, where: str, config: Config) -> str:
    if len(text) > config.max_message_chars:
        raise BadRequest(f"{where} has {len(text)} characters; at most {config.max_message_chars} are allowed.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"{where} contains half of a surrogate pair, which is no text.") from None
    return text


def _model(body: dict[str, Any], config: Config) -> str:
    model = _text(body, "model")
    models = config.provider.models
    if model is not None and model not in models:
        raise BadRequest(f"Unknown model {model!r}. The models are {', '.join(models)}.")
    return model or models[0]


def _text(body: dict[str, Any], field: str) -> str | None:
    value = body.get(field)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{field} has to be a text.")
    return value


def _number(body: dict[str, Any], field: str, least: float, most: float) -> float | None:
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadRequest(f"{field} has to be a number between {least} and {most}.")
    return float(value)


def _whole_number(body: dict[str, Any], field: str) -> int | None:
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000_000:
        raise BadRequest(f"{field} has to be a whole number of at least 1.")
    return value
