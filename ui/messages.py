"""Messages of a thread as the page holds them: what each is, and how the run of an answer is followed; pure, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from ui.events import Usage
from ui.parts import Part, ToolCallPart, text_of

Role = Literal["system", "user", "assistant", "tool"]


class Status(StrEnum):
    """Where an answer stands, in the words of the API."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an answer is not whole; `is_local` if the API has not said so, but this page could not follow the run."""

    sentence: str
    is_retryable: bool
    request_id: str | None = None
    is_local: bool = False


@dataclass(slots=True)
class Progress:
    """How far this page has followed the run of an answer.

    `last_event_id` is the number of the last event in it, and `is_replayed` says that its time line is not known,
    because its events came from the log. `is_cut` says that nothing comes at the moment, because a connection broke.
    """

    is_replayed: bool = False
    last_event_id: int = 0
    is_cut: bool = False
    first_delta_at: float | None = None
    ended_at: float | None = None


@dataclass(slots=True, eq=False)
class Message:
    """One entry of the thread's tree; everything below `parts` concerns answers.

    What a person just asked for has an empty id until the API has said it; of what was read whole there is no progress.
    """

    message_id: str
    parent_id: str | None
    role: Role
    parts: list[Part] = field(default_factory=list)
    status: Status = Status.COMPLETED
    run_id: str | None = None
    failure: Failure | None = None
    finish_reason: str = ""
    usage: Usage | None = None
    progress: Progress | None = None

    @property
    def text(self) -> str:
        """The text of the message without reasoning."""
        return text_of(self.parts)

    @property
    def says_something(self) -> bool:
        """Whether there is a text, or a tool call."""
        return bool(self.text) or any(isinstance(part, ToolCallPart) for part in self.parts)

    @property
    def is_running(self) -> bool:
        """Whether more text may come."""
        return self.status is Status.RUNNING

    @property
    def is_waiting(self) -> bool:
        """Whether the run goes on and its first delta is not here yet."""
        return self.is_running and (self.progress is None or self.progress.first_delta_at is None)

    @property
    def may_be_retried(self) -> bool:
        """Whether asking again for this answer makes sense."""
        is_empty = self.status is Status.COMPLETED and not self.says_something
        return is_empty or self.status is Status.CANCELLED or (self.failure is not None and self.failure.is_retryable)

    @property
    def may_be_continued(self) -> bool:
        """Whether this answer has a text that ends before its end."""
        is_whole = self.status is Status.COMPLETED and self.finish_reason != "length"
        return bool(self.text) and not is_whole and not self.is_running

    @property
    def tokens_per_second(self) -> float | None:
        """The pace of the answer, once usage and a meaningful duration are known."""
        progress, usage = self.progress, self.usage
        if progress is None or usage is None or progress.is_replayed:
            return None
        if progress.first_delta_at is None or progress.ended_at is None:
            return None
        seconds = progress.ended_at - progress.first_delta_at
        return usage.output_tokens / seconds if seconds >= 0.1 and usage.output_tokens > 1 else None


@dataclass(frozen=True, slots=True)
class ToolCommand:
    """A tool that a person calls by hand."""

    name: str
    arguments: dict[str, Any]


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
    tool: ToolCommand | None = None


@dataclass(frozen=True, slots=True)
class ToolDecision:
    """What a person decides about a tool call: `approve`, `once`, for the `thread` or for all of the `step`, or `deny`.

    `arguments` are those to call with, if they were changed, and `edited` those of other calls that the decision is
    about. To `answer` is for what a server asks.
    """

    decision: str
    scope: str = "once"
    arguments: dict[str, Any] | None = None
    reason: str = ""
    answers: dict[str, Any] | None = None
    edited: Mapping[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunToFollow:
    """A run that exists, to be read after the last event that is here."""

    run_id: str
    last_event_id: int = 0
