"""Messages of a thread, what is asked of a model and how its call ends, as values: no I/O, no Flask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.events import Usage
from api.parts import Part, TextPart, text_of
from api.tool_calls import Tool

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a thread: who says it, and its parts in order."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text a person reads, without reasoning and tools."""
        return text_of(self.parts)


def text_message(role: Role, text: str) -> Message:
    """Make a message of one text part."""
    return Message(role, (TextPart(text),))


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a step asks of the model: the messages in order, the options that are not left to the provider, the tools.

    The last message is the question, or after it the answer as far as earlier steps have made it.
    """

    model: str
    messages: tuple[Message, ...]
    temperature: float | None = None
    max_tokens: int | None = None
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A call to the model has ended well, for `finish_reason` (`stop`, `length`, `tool_calls`, `content_filter`).

    It ends a call and not a run: whether the run goes on is the run's business. `usage` is what the provider has told
    of this call, None where it has not.
    """

    finish_reason: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """A chat completion that a client asks for in the provider's own words, which the gateway passes on.

    `tells_usage` says that a streamed answer ends with the tokens it took.
    """

    model: str
    body: Mapping[str, Any]
    is_streamed: bool = False
    tells_usage: bool = False
