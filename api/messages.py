"""Messages of a thread as values: role and text, no I/O, no Flask."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a thread."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a run asks of the model: the messages in order and the options that are not left to the provider."""

    model: str
    messages: tuple[Message, ...]
    temperature: float | None = None
    max_tokens: int | None = None
