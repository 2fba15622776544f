"""The arguments of a tool call: JSON text that a model or a person wrote, against the tool's schema. Pure.

The server checks them again, so what could take long or reach out is left to it: references, regular expressions,
formats. Source: JSON Schema 2020-12, which MCP's `inputSchema` is (MCP 2026-07-28, "Tools").
"""

from collections.abc import Mapping
from typing import Any

import orjson
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import Draft202012Validator, extend

MAX_CHARS = 1_000_000
MAX_SAID_CHARS = 300

_LEFT_TO_SERVER = (
    "$ref",
    "$dynamicRef",
    "pattern",
    "patternProperties",
    "propertyNames",
    "format",
    "uniqueItems",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_Validator = extend(Draft202012Validator, dict.fromkeys(_LEFT_TO_SERVER, lambda *_: None))  # type: ignore[no-untyped-call] # Its stubs leave it out.


class WrongArguments(ValueError):
    """The arguments are none of this tool; the text is a sentence for who wrote them."""


def read_arguments(written: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call, none for an empty text.

    Raises:
        WrongArguments: They are no JSON object, or not what the schema wants.
    """
    if len(written) > MAX_CHARS:
        raise WrongArguments(f"The arguments have {len(written)} characters; at most {MAX_CHARS} are allowed.")
    try:
        arguments = orjson.loads(written) if written.strip() else {}
    except orjson.JSONDecodeError as error:
        raise WrongArguments(f"The arguments are not JSON ({error}). Write one JSON object.") from None
    if not isinstance(arguments, dict):
        raise WrongArguments("The arguments have to be one JSON object.")
    check_arguments(arguments, schema)
    return arguments


def check_arguments(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check decoded arguments.

    Raises:
        WrongArguments: They are not what the schema wants.
    """
    try:
        error = best_match(_Validator(schema).iter_errors(arguments))
    except Exception:  # noqa: BLE001 - A schema that is none itself; its server has the word.
        return
    if error is not None:
        raise WrongArguments(f"The arguments do not fit the tool: {_said(error)}.")


def _said(error: ValidationError) -> str:
    place = ".".join(map(str, error.absolute_path))
    said = error.message if len(error.message) <= MAX_SAID_CHARS else error.message[:MAX_SAID_CHARS] + "…"
    return f"{place}: {said}" if place else said
