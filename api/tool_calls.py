"""What tools are, and what they answer, as values: no I/O, no Flask.

The content of a result is a list of objects with a `type`:

    {"type": "text", "text"}
    {"type": "image" | "audio", "data", "mime_type"}             data in base64
    {"type": "resource", "uri", "mime_type"?, "text" | "data"}   embedded
    {"type": "resource_link", "uri", "name", "title"?, "description"?, "mime_type"?}
    {"type": "structured", "value"}                              any JSON

Each may have an `audience`: `user`, `assistant` or both, which is who it is for.
Source: MCP 2026-07-28, "Tools" (modelcontextprotocol.io/specification).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Policy = Literal["always", "ask", "never"]
ServerStatus = Literal["connecting", "ready", "failed", "needs_token"]
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """Something the model may call: `provider_name` is what it is called there, `definition_hash` what it was."""

    server: str
    name: str
    provider_name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    policy: Policy
    definition_hash: str


class Definition(NamedTuple):
    """A tool as a decision knows it: with another definition it is another tool."""

    server: str
    tool: str
    definition_hash: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a server asks the person before it answers: to fill in the `form` of a flat schema, or to open a `url`.

    Source: MCP 2026-07-28, "Elicitation" and "Multi Round-Trip Requests".
    """

    key: str
    mode: Literal["form", "url"]
    message: str
    schema: Mapping[str, Any] | None = None
    url: str | None = None


class Given(NamedTuple):
    """What a person has answered, by question: an `action` (`accept`, `decline`, `cancel`) and perhaps `content`.

    `state` is the server's own, which goes back as it came; a call that `is_open` goes on where it is.
    """

    answers: Mapping[str, Mapping[str, Any]]
    state: str | None
    is_open: bool = False


class CallKey(NamedTuple):
    """A call of a run: ids of calls are good within their run."""

    run_id: str
    tool_call_id: str


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a call has come to; with `questions` it is to be sent again with what a person answers, and the `state`.

    One that `is_open` is not sent again: this worker keeps it, and goes on with it.
    """

    content: tuple[Content, ...]
    is_error: bool = False
    questions: tuple[Question, ...] = ()
    state: str | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class ToolServer:
    """An MCP server and how it stands, with the sentence of its last failure; `latency_ms` is what connecting took."""

    name: str
    title: str
    status: ServerStatus
    error: str = ""
    protocol_version: str = ""
    latency_ms: int | None = None
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptArgument:
    """What a prompt is to be filled in with."""

    name: str
    description: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text of a server's to begin a message with.

    Source: MCP 2026-07-28, "Prompts".
    """

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that a server lets persons read.

    Source: MCP 2026-07-28, "Resources".
    """

    uri: str
    title: str
    description: str
    mime_type: str


def failed(sentence: str) -> ToolAnswer:
    """Make the answer that tells a model what went wrong."""
    return ToolAnswer(({"type": "text", "text": sentence},), is_error=True)


def text_of_content(content: Iterable[Content]) -> str:
    """Return the text of a result, without what is no text."""
    return "\n".join(text for piece in content if isinstance(text := piece.get("text"), str))
