"""The protocol's words: versions, names of fields and headers, error codes with the HTTP status of each."""

from collections.abc import Callable, Mapping
from typing import Any

Fields = dict[str, Any]
# Finds a header by its name in any case.
Headers = Callable[[str], str | None]

MODERN_VERSIONS = ("2026-07-28",)
OLDER_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")

PREFIX = "io.modelcontextprotocol/"
VERSION_FIELD = f"{PREFIX}protocolVersion"
CAPABILITIES_FIELD = f"{PREFIX}clientCapabilities"
SERVER_FIELD = f"{PREFIX}serverInfo"

VERSION_HEADER = "MCP-Protocol-Version"
METHOD_HEADER = "Mcp-Method"
NAME_HEADER = "Mcp-Name"
PARAMETER_HEADER = "Mcp-Param-"
SESSION_HEADER = "Mcp-Session-Id"

# The parameter that a method's `Mcp-Name` repeats.
NAMED_BY: Mapping[str, str] = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
OLDER_RESOURCE_NOT_FOUND = -32002
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022

STATUSES: Mapping[int, int] = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    METHOD_NOT_FOUND: 404,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
}


class McpError(Exception):
    """A JSON-RPC error: `code` of the protocol, a sentence, `detail` as the protocol has it for the code.

    `status` is the HTTP status where it is not the code's; `retry_after_seconds` when to ask again.
    """

    def __init__(
        self,
        code: int,
        message: str,
        detail: Mapping[str, object] | None = None,
        *,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail
        self.status = status or STATUSES.get(code, 200)
        self.is_of_http = status is not None
        self.retry_after_seconds = retry_after_seconds
