"""The tools that a server offers: every page of them, bounded, without what cannot be offered to a model."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from mcp import Client, types

from api.hub import REST_SECONDS
from api.tool_calls import Tool
from api.tool_names import provider_name
from api.tools.policy import definition_hash, policy_of
from api.tools.servers import McpServer

MAX_PAGES = 100
MAX_TOOLS = 1000
MAX_SCHEMA_BYTES = 64_000
MAX_DESCRIPTION_CHARS = 8_000
MAX_NAME_CHARS = 128
MAX_LIST_CHARS = 2_000_000
AT_ONCE = 50
LEAST_FRESH_SECONDS = 30.0
MOST_FRESH_SECONDS = 86_400.0


class Listing(NamedTuple):
    """What a server offers, and for how many seconds that is fresh, if it says so."""

    tools: tuple[Tool, ...]
    fresh_seconds: float | None


async def list_tools(client: Client, server: McpServer) -> Listing:
    """Ask for all pages; in the order of the server, which a provider's cache of prompts lives by."""
    found: dict[str, Tool] = {}
    fresh_seconds: float | None = None
    chars_left = MAX_LIST_CHARS
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        # Source: MCP 2026-07-28, "Caching". Of 0, which is the same as nothing, the SDK's servers say much.
        if page.ttl_ms:
            fresh_seconds = min(fresh_seconds or MOST_FRESH_SECONDS, max(page.ttl_ms / 1000, LEAST_FRESH_SECONDS))
        for number, listed in enumerate(page.tools[:MAX_TOOLS]):
            if listed.name not in server.disabled_tools and (tool := _tool(listed, server)):
                chars_left -= len(tool.description) + len(orjson.dumps(tool.input_schema))
                if chars_left < 0:
                    return Listing(tuple(found.values()), fresh_seconds)
                found.setdefault(tool.name, tool)
            if number % AT_ONCE == 0:
                await asyncio.sleep(REST_SECONDS)
        cursor = page.next_cursor
        if not cursor or len(found) >= MAX_TOOLS:
            break
    return Listing(tuple(found.values())[:MAX_TOOLS], fresh_seconds)


def _tool(listed: types.Tool, server: McpServer) -> Tool | None:
    definition = listed.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"meta", "icons"})
    if not _is_offered(listed.name, definition["inputSchema"]):
        return None
    annotations = listed.annotations
    title = listed.title or (annotations.title if annotations else None) or listed.name
    is_read_only = bool(annotations and annotations.read_only_hint)
    return Tool(
        server=server.name,
        name=listed.name,
        provider_name=provider_name(server.name, listed.name),
        title=title[:MAX_NAME_CHARS],
        description=(listed.description or "")[:MAX_DESCRIPTION_CHARS],
        input_schema=definition["inputSchema"],
        policy=policy_of(server, listed.name, is_read_only=is_read_only),
        definition_hash=definition_hash(definition),
    )


def _is_offered(name: str, schema: Mapping[str, Any]) -> bool:
    try:
        size = len(orjson.dumps(schema))
    except orjson.JSONEncodeError:  # Too deep.
        return False
    return bool(name) and len(name) <= MAX_NAME_CHARS and size <= MAX_SCHEMA_BYTES and schema.get("type") == "object"
