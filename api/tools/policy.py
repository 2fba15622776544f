"""What a model may call without asking a person: pure.

Annotations of a server are believed only where the administrator trusts it (MCP 2026-07-28, "Tools": clients MUST
consider tool annotations to be untrusted unless they come from trusted servers).
"""

import hashlib
from collections.abc import Mapping

import orjson

from api.tool_calls import Policy
from api.tools.servers import EVERY_TOOL, McpServer


def policy_of(server: McpServer, tool: str, *, is_read_only: bool) -> Policy:
    """Return what the configuration says of a tool, `ask` where it says nothing."""
    said = server.policies.get(tool) or server.policies.get(EVERY_TOOL)
    if said is not None:
        return said
    return "always" if server.is_trusted and is_read_only else "ask"


def definition_hash(definition: Mapping[str, object]) -> str:
    """Return what a decision about a tool is bound to: a tool whose definition changes is another one."""
    return hashlib.sha256(orjson.dumps(definition, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
