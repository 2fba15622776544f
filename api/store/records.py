"""The rows of the store as values, and what is given to it to make new ones."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from api.events import RunStarted, TerminalEvent, Usage
from api.parts import Part, decode_parts, search_text_of, text_of
from api.store.run_lines import RunEvent, RunLines

Status = Literal["running", "requires_action", "completed", "failed", "cancelled", "interrupted"]
# A run that has not ended; of a thread's runs one at most.
ACTIVE: tuple[Status, ...] = ("running", "requires_action")
MessageRole = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation; an empty `title`, `model` or `system_prompt` is one that nobody chose.

    `tools_off` are the MCP servers and, as `server/tool`, the tools that its runs may not use.
    """

    thread_id: str
    account_id: str
    title: str
    model: str
    system_prompt: str
    created_at: float
    updated_at: float
    tools_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """An entry of a thread's tree; `number` is its place in the order of adding.

    Its parts are kept as they are stored, and decoded whenever they are asked for.
    """

    number: int
    message_id: str
    thread_id: str
    parent_id: str | None
    role: MessageRole
    encoded_parts: str
    status: Status
    run_id: str | None
    created_at: float

    @property
    def parts(self) -> tuple[Part, ...]:
        """The typed parts, in order."""
        return decode_parts(self.encoded_parts)

    @property
    def text(self) -> str:
        """The text a person reads."""
        return text_of(self.parts)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run was asked for beside its text, for whoever takes it up: as the request has it.

    With `tool`, the name that providers know, it is one call of that tool and asks no model.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    continue_id: str | None = None
    tools: tuple[str, ...] | None = None
    tool: str | None = None
    tool_arguments: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run's row; `seq` is its last stored event's, `action_expires_at` when a person's time to decide is over."""

    run_id: str
    account_id: str
    thread_id: str
    message_id: str
    model: str
    status: Status
    seq: int
    owner: str
    created_at: float
    error_code: str | None = None
    error_message: str | None = None
    error_is_retryable: bool | None = None
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    usage_is_estimated: bool | None = None
    cancel_requested_at: float | None = None
    ended_at: float | None = None
    events_pruned_at: float | None = None
    action_expires_at: float | None = None
    options: RunOptions = RunOptions()

    @property
    def is_active(self) -> bool:
        """Whether the run has not ended."""
        return self.status in ACTIVE


@dataclass(frozen=True, slots=True)
class Appended:
    """The runs that took their events, and those of them that somebody wants cancelled."""

    taken: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Replay:
    """The events after a seq, without a gap, and how the run stood; a run whose events are pruned has none."""

    events: tuple[RunEvent, ...]
    run: StoredRun


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to add; without an id it gets one."""

    role: MessageRole
    parts: tuple[Part, ...]
    parent_id: str | None = None
    message_id: str | None = None
    created_at: float | None = None
    status: Status = "completed"
    run_id: str | None = None

    @property
    def search_text(self) -> str:
        """The text that it is found by."""
        return search_text_of(self.parts)


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to start.

    `parts` are a user's new message under `parent_id`; without them the answer itself goes there, which is how a
    message is answered again. `parent_id` None means the thread's newest message, and `is_first` that there is no
    parent. `answer_parts` are what the answer begins with, where it goes on from an interrupted one. `title` names a
    thread that has no title.
    """

    thread_id: str
    model: str
    parts: tuple[Part, ...] = ()
    parent_id: str | None = None
    is_first: bool = False
    answer_parts: tuple[Part, ...] = ()
    idempotency_key: str | None = None
    title: str = ""
    options: RunOptions = RunOptions()


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run is started from: the thread, its messages up to a leaf, and the run that the key has started."""

    thread: Thread
    path: tuple[StoredMessage, ...]
    started: StoredRun | None


@dataclass(frozen=True, slots=True)
class CreatedRun:
    """A run that was started, with its first event, or without one the run that the key has started before."""

    run: StoredRun
    started: RunStarted | None = None


class Heartbeat(NamedTuple):
    """When the owner of a run has last said that it lives, by the database's clock."""

    run_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends: the events not yet stored, the terminal one last, and what its message is."""

    lines: RunLines
    terminal: TerminalEvent
    parts: tuple[Part, ...]
    usage: Usage | None = None
