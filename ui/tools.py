"""MCP servers and what they offer as the page shows it: values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may call; its `policy` is `always`, `ask` or `never`."""

    name: str
    title: str
    description: str
    policy: str


@dataclass(frozen=True, slots=True)
class PromptArgument:
    """What a prompt is to be filled in with."""

    name: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text of a server's to begin a message with."""

    server: str
    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that a server lets persons read."""

    server: str
    uri: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class ToolServer:
    """An MCP server; its `status` is `connecting`, `ready`, `failed` or `needs_token`, its `error` what went wrong."""

    name: str
    title: str
    status: str
    error: str = ""
    tools: tuple[Tool, ...] = ()
