"""Which generation a request is of, and whether it says what its generation wants.

A header of an older version, and `initialize`, which the new generation does not know, are the old one; `_meta` with a
version, and a header of another version, the new one. Clients are known that send a newer header than they have agreed
on: with a genuine session they are taken for what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.wire.mcp.header_values import decode_value
from api.wire.mcp.messages import Request
from api.wire.mcp.protocol import (
    CAPABILITIES_FIELD,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_HEADER,
    MODERN_VERSIONS,
    NAME_HEADER,
    NAMED_BY,
    OLDER_VERSIONS,
    UNSUPPORTED_VERSION,
    VERSION_FIELD,
    VERSION_HEADER,
    Headers,
    McpError,
)

INITIALIZE = "initialize"


@dataclass(frozen=True, slots=True)
class Era:
    """What a request speaks, and of the new generation what its client can do."""

    version: str
    is_modern: bool
    capabilities: Mapping[str, Any] = field(default_factory=dict)


def is_older(header: str | None, method: str, meta: Mapping[str, Any], *, has_session: bool) -> bool:
    """Say whether a message is of the older generation."""
    if VERSION_FIELD in meta:
        return False
    return header is None or header in OLDER_VERSIONS or method == INITIALIZE or has_session


def classify(request: Request, headers: Headers, *, has_session: bool) -> Era:
    """Return what a request speaks; `has_session` says that its id is genuine.

    Raises:
        McpError: It is of the new generation and lacks something, contradicts itself, or wants an unknown version.
    """
    header, meta = headers(VERSION_HEADER), request.meta
    if is_older(header, request.method, meta, has_session=has_session):
        return Era(header if header in OLDER_VERSIONS else OLDER_VERSIONS[0], is_modern=False)
    missing = [name for name in (VERSION_FIELD, CAPABILITIES_FIELD) if name not in meta]
    if VERSION_FIELD in missing and header not in MODERN_VERSIONS:
        raise unsupported(header)
    if missing:
        raise McpError(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}.")
    version, capabilities = meta[VERSION_FIELD], meta[CAPABILITIES_FIELD]
    if not isinstance(version, str) or not isinstance(capabilities, dict):
        raise McpError(INVALID_PARAMS, f"In params._meta {VERSION_FIELD} is a text and {CAPABILITIES_FIELD} an object.")
    _check_headers(request, headers, version)
    if version not in MODERN_VERSIONS:
        raise unsupported(version)
    return Era(version, is_modern=True, capabilities=capabilities)


def unsupported(requested: str | None) -> McpError:
    """Make the error that says which versions there are."""
    detail = {"supported": list(MODERN_VERSIONS), "requested": requested}
    return McpError(UNSUPPORTED_VERSION, "This version of the protocol is not spoken here.", detail)


def _check_headers(request: Request, headers: Headers, version: str) -> None:
    expected = {VERSION_HEADER: version, METHOD_HEADER: request.method}
    for name, repeated in expected.items():
        if headers(name) != repeated:
            raise McpError(HEADER_MISMATCH, f"The header {name} is missing or says something else than the body.")
    named_by = NAMED_BY.get(request.method)
    value = request.params.get(named_by) if named_by else None
    if value is not None and decode_value(headers(NAME_HEADER) or "") != value:
        raise McpError(HEADER_MISMATCH, f"The header {NAME_HEADER} is missing or says something else than the body.")
