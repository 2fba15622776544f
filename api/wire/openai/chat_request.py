"""The body of `POST /v1/chat/completions`: no I/O, no Flask.

It is the provider's to judge, unknown fields too. Checked is only what Decant needs of it, and its own limits.
"""

from typing import Any, Protocol

from api.errors import BadRequest, NotFound
from api.messages import GatewayRequest
from api.wire.fields import shown


class Limits(Protocol):
    """What a request may have."""

    @property
    def max_messages(self) -> int:
        """Most messages."""

    @property
    def max_message_chars(self) -> int:
        """Longest text of one."""


def parse_chat_request(body: object, models: tuple[str, ...], limits: Limits) -> GatewayRequest:
    """Check a decoded JSON body.

    Raises:
        BadRequest: it is no object, or has no model or no messages, or is over a limit.
        NotFound: there is no such model.
    """
    if not isinstance(body, dict):
        raise BadRequest('The body has to be a JSON object, as {"model": "…", "messages": [{"role": "user", …}]}.')
    model = read_model(body, models)
    _check_messages(body.get("messages"), limits)
    is_streamed = read_flag(body, "stream")
    options = body.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise BadRequest("stream_options has to be an object.", param="stream_options")
    tells_usage = is_streamed and options is not None and options.get("include_usage") is True
    return GatewayRequest(model, body, is_streamed, tells_usage)


def read_model(body: dict[str, Any], models: tuple[str, ...]) -> str:
    """Return the name of the model.

    Raises:
        BadRequest: it is missing.
        NotFound: there is no such model.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequest("model is missing: GET /v1/models lists the names.", param="model")
    if model not in models:
        raise NotFound(f"There is no model {shown(model)}: GET /v1/models lists the names.", param="model")
    return model


def _check_messages(messages: object, limits: Limits) -> None:
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages has to be a list of at least one message.", param="messages")
    if len(messages) > limits.max_messages:
        raise BadRequest(
            f"messages has {len(messages)} entries; at most {limits.max_messages} are allowed (MAX_MESSAGES).",
            param="messages",
        )
    for number, message in enumerate(messages):
        if not isinstance(message, dict):
            raise BadRequest(f"messages[{number}] has to be an object.", param=f"messages[{number}]")
        content = message.get("content")
        for text in (content, *(_texts(content) if isinstance(content, list) else ())):
            if isinstance(text, str) and len(text) > limits.max_message_chars:
                raise BadRequest(
                    f"messages[{number}] has a text of {len(text)} characters; at most {limits.max_message_chars} "
                    "are allowed (MAX_MESSAGE_CHARS).",
                    param=f"messages[{number}]",
                )


def _texts(parts: list[Any]) -> list[object]:
    return [part.get("text") for part in parts if isinstance(part, dict)]


def read_flag(body: dict[str, Any], field: str) -> bool:
    """Return whether a field is true; one that is absent or null is not."""
    value = body.get(field)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f"{field} has to be true or false.", param=field)
    return bool(value)
