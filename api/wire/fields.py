"""Checks for the fields of a JSON body: each returns the value or says what is wrong with it. No I/O, no Flask."""

import re
from typing import Any

from api.errors import BadRequest

Body = dict[str, Any]

MAX_SHOWN_CHARS = 60
MAX_COUNT = 10_000_000
# A text that is not blank has one of these: no space to Python and none to JSON Schema's regular expressions.
NOT_BLANK = r"[^\s\x1c-\x1f\x85\ufeff]"
_NOT_BLANK = re.compile(NOT_BLANK)


def shown(value: object) -> str:
    """Write a value that is wrong for the sentence that says so, of a long one its beginning."""
    if isinstance(value, dict | list):
        return "that is a list" if isinstance(value, list) else "that is an object"
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}…"
    return repr(cut) if isinstance(value, str) else cut


def read_object(body: object, allowed: tuple[str, ...], example: str) -> Body:
    """Return the body if it is an object with none but the allowed fields."""
    if not isinstance(body, dict):
        raise BadRequest(f"The body has to be a JSON object, as {example}.")
    unknown = min(set(body) - set(allowed), default=None)
    if unknown is not None:
        raise BadRequest(f"Unknown field {shown(unknown)}. The fields are {', '.join(allowed)}.")
    return body


def read_text(body: Body, field: str, max_chars: int | None = None) -> str | None:
    """Return a text, None where it is absent."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRequest(f"{field} has to be a text.")
    return value if max_chars is None else check_text(value, field, max_chars)


def is_blank(text: str) -> bool:
    """Say whether a text is nothing but space."""
    return _NOT_BLANK.search(text) is None


def check_text(text: str, where: str, max_chars: int) -> str:
    """Return a text that is not over the limit and can be encoded."""
    if len(text) > max_chars:
        raise BadRequest(f"{where} has {len(text)} characters; at most {max_chars} are allowed.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"{where} contains half of a surrogate pair, which is no text.") from None
    return text


def read_model(body: Body, models: tuple[str, ...]) -> str | None:
    """Return the name of a model that may be asked for, None where it is absent."""
    model = read_text(body, "model")
    if model and model not in models:
        raise BadRequest(f"Unknown model {shown(model)}. The models are {', '.join(models)}.")
    return model


def read_number(body: Body, field: str, least: float, most: float) -> float | None:
    """Return a number between two others, None where it is absent."""
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadRequest(f"{field} has to be a number between {least} and {most}.")
    return float(value)


def read_count(body: Body, field: str) -> int | None:
    """Return a whole number of at least 1, None where it is absent."""
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON knows one kind of number.
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COUNT:
        raise BadRequest(f"{field} has to be a whole number of at least 1.")
    return value


def read_id(body: Body, field: str, max_chars: int) -> str | None:
    """Return an id, None where it is absent."""
    value = read_text(body, field, max_chars)
    if value == "":
        raise BadRequest(f"{field} is empty.")
    return value


def read_names(body: Body, field: str, most: int, max_chars: int) -> tuple[str, ...] | None:
    """Return a list of names, each once, None where it is absent."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise BadRequest(f"{field} has to be a list of names.")
    if len(value) > most:
        raise BadRequest(f"{field} has {len(value)} entries; at most {most} are allowed.")
    return tuple(dict.fromkeys(check_text(name, f"{field}[{at}]", max_chars) for at, name in enumerate(value)))
