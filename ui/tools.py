"""MCP servers and their tools as the page shows them: values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may call; its `policy` is `always`, `ask` or `never`."""

    name: str
    title: str
    description: str
    policy: str


@dataclass(frozen=True, slots=True)
class ToolServer:
    """An MCP server; its `status` is `connecting`, `ready`, `failed` or `needs_token`, its `error` what went wrong."""

    name: str
    title: str
    status: str
    error: str = ""
    tools: tuple[Tool, ...] = ()
