"""Messages of a thread as the page holds them: values and answers in the making; pure, no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from ui.events import Usage

Role = Literal["system", "user", "assistant", "tool"]
PartType = Literal["text", "reasoning", "tool_call"]


class Status(StrEnum):
    """Where an answer stands; `waiting` and `answering` are a running run before and after its first delta."""

    WAITING = "waiting"
    ANSWERING = "answering"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_running(self) -> bool:
        """Whether more text may come."""
        return self in {Status.WAITING, Status.ANSWERING}


@dataclass(slots=True)
class Part:
    """A typed piece of a message; text arrives in deltas, a tool call is only its name.

    A part that has ended takes no more deltas; of a part that was not seen growing, `started_at` is unknown.
    """

    type: PartType
    deltas: list[str] = field(default_factory=list)
    started_at: float | None = None
    ended_at: float | None = None

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self.deltas)


@dataclass(slots=True, eq=False)
class Message:
    """One entry of the thread's tree; everything below `parts` concerns answers.

    `last_seq` is the number of the last event in it, and `is_replayed` says that its time line is not known, because
    its events came from the log. `is_cut` says that nothing comes at the moment, because a connection broke, and
    `is_settled` that the API itself has said how the run ended.
    """

    message_id: str
    parent_id: str | None
    role: Role
    parts: list[Part] = field(default_factory=list)
    status: Status = Status.COMPLETED
    run_id: str | None = None
    last_seq: int = 0
    is_replayed: bool = False
    is_cut: bool = False
    is_settled: bool = False
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
        is_empty = self.status is Status.COMPLETED and not self.text
        return self.is_retryable or self.status is Status.CANCELLED or is_empty

    @property
    def may_be_continued(self) -> bool:
        """Whether this answer has a text that ends before its end."""
        is_whole = self.status is Status.COMPLETED and self.finish_reason != "length"
        return bool(self.text) and not is_whole and not self.status.is_running

    @property
    def tokens_per_second(self) -> float | None:
        """The pace of the answer, once usage and a meaningful duration are known."""
        if not self.usage or self.first_delta_at is None or self.ended_at is None or self.is_replayed:
            return None
        seconds = self.ended_at - self.first_delta_at
        return self.usage.output_tokens / seconds if seconds >= 0.1 and self.usage.output_tokens > 1 else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an answer cannot be followed, or was never begun."""

    sentence: str
    is_retryable: bool
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run to start: a new user message under `parent_id`, which None makes the first; without `content` the message
    `parent_id` is answered again, and with `continue_id` that answer goes on. The same key never runs twice.
    """

    thread_id: str
    idempotency_key: str
    content: str | None = None
    parent_id: str | None = None
    continue_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunToFollow:
    """A run that exists, to be read after the event `after`."""

    run_id: str
    after: int = 0
