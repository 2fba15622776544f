"""Messages of a thread as the page holds them: values and answers in the making; pure, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from ui.events import Usage

Role = Literal["user", "assistant"]
PartType = Literal["text", "reasoning", "tool_call"]


class Status(StrEnum):
    """Where an answer stands; `waiting` and `answering` are a running run before and after its first delta."""

    WAITING = "waiting"
    ANSWERING = "answering"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    TRUNCATED = "truncated"

    @property
    def is_running(self) -> bool:
        """Whether more text may come."""
        return self in {Status.WAITING, Status.ANSWERING}


@dataclass(slots=True)
class Part:
    """A typed piece of a message; text arrives in deltas, a tool call is only its name."""

    type: PartType
    deltas: list[str] = field(default_factory=list)
    started_at: float | None = None
    ended_at: float | None = None

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self.deltas)


@dataclass(slots=True)
class Message:
    """One entry of the thread; everything below `parts` concerns answers."""

    role: Role
    parts: list[Part] = field(default_factory=list)
    status: Status = Status.COMPLETED
    sentence: str = ""
    is_retryable: bool = False
    request_id: str | None = None
    finish_reason: str = ""
    usage: Usage | None = None
    first_delta_at: float | None = None
    ended_at: float | None = None

    @property
    def text(self) -> str:
        """The text of the message without reasoning."""
        return "".join(part.text for part in self.parts if part.type == "text")

    @property
    def may_be_retried(self) -> bool:
        """Whether asking again for this answer makes sense."""
        return (
            self.is_retryable or self.status is Status.CANCELLED or (self.status is Status.COMPLETED and not self.text)
        )

    @property
    def tokens_per_second(self) -> float | None:
        """The pace of the answer, once usage and a meaningful duration are known."""
        if not self.usage or self.first_delta_at is None or self.ended_at is None:
            return None
        seconds = self.ended_at - self.first_delta_at
        return self.usage.output_tokens / seconds if seconds >= 0.1 and self.usage.output_tokens > 1 else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the stream of an answer could not be opened, or read to its end."""

    sentence: str
    is_retryable: bool
    is_truncated: bool = False
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RequestMessage:
    """One entry of the conversation a run is told."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is asked for; without a model the API takes its default."""

    thread_id: str
    messages: Sequence[RequestMessage]
    model: str | None = None
