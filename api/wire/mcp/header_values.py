"""Values of headers that repeat what the body says, so that proxies can route by them.

A value that no header carries is written as `=?base64?…?=`. Source: MCP 2026-07-28, "Transports", "Standard MCP request
headers" and "Custom headers from tool parameters".
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.wire.mcp.protocol import HEADER_MISMATCH, PARAMETER_HEADER, Headers, McpError

_ENCODED = re.compile(r"=\?base64\?(.*)\?=")
_PLAIN = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?|")
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.0+)?", re.ASCII)
_KINDS = ("string", "integer", "boolean")
MAX_DEPTH = 10


def encode_value(value: str) -> str:
    """Write a value for a header."""
    if _PLAIN.fullmatch(value) and not _ENCODED.fullmatch(value):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


def decode_value(written: str) -> str | None:
    """Read a header's value; None where it is not what `encode_value` writes."""
    found = _ENCODED.fullmatch(written)
    if found is None:
        return written
    try:
        return base64.b64decode(found[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def check_parameters(schema: Mapping[str, Any], arguments: Mapping[str, Any], headers: Headers) -> None:
    """Hold the arguments against the headers that the schema wants of them by `x-mcp-header`.

    Raises:
        McpError: One is missing, too much, or says something else.
    """
    for path, name, kind in _mirrored(schema):
        header = f"{PARAMETER_HEADER}{name}"
        written, value = headers(header), _value_at(arguments, path)
        if value is None and written is None:
            continue
        if value is None:
            raise McpError(HEADER_MISMATCH, f"The header {header} is there, but not its argument {'.'.join(path)}.")
        if written is None:
            raise McpError(HEADER_MISMATCH, f"The header {header} is missing: it repeats {'.'.join(path)}.")
        if not _says(decode_value(written), value, kind):
            raise McpError(HEADER_MISMATCH, f"The header {header} says something else than {'.'.join(path)}.")


def _mirrored(schema: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield the path of each argument that a header repeats, with the header's name and the argument's kind."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or len(path) >= MAX_DEPTH:
        return
    for name, described in properties.items():
        if not isinstance(described, Mapping):
            continue
        header, kind = described.get("x-mcp-header"), described.get("type")
        if isinstance(header, str) and kind in _KINDS:
            yield (*path, name), header, kind
        yield from _mirrored(described, (*path, name))


def _value_at(arguments: Mapping[str, Any], path: tuple[str, ...]) -> object:
    value: object = arguments
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _says(decoded: str | None, value: object, kind: str) -> bool:
    if decoded is None:
        return False
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    if kind == "integer" and is_whole:
        return _DECIMAL.fullmatch(decoded) is not None and int(decoded.partition(".")[0]) == value
    return decoded == (str(value).lower() if isinstance(value, bool) else str(value))
