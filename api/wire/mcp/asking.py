"""What `ask` makes of a run's events while they come: progress on the way, the result at the end. No I/O, no clock."""

from collections.abc import Iterable

from api.events import (
    TERMINAL,
    Event,
    MessageDelta,
    ReasoningDelta,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
    TerminalEvent,
    ToolCallCompleted,
    ToolCallDecided,
    ToolCallProgress,
    ToolCallRequiresAction,
    ToolCallStarted,
    Usage,
)
from api.wire.mcp.protocol import Fields

MAX_LINE_CHARS = 200
_STATUSES: dict[type[TerminalEvent], str] = {
    RunCompleted: "completed",
    RunFailed: "failed",
    RunCancelled: "cancelled",
    RunInterrupted: "interrupted",
}


class AskedRun:
    """A run as its events tell it; `is_over` once it has ended or waits for a person."""

    def __init__(self, run_id: str, thread_id: str, message_id: str) -> None:
        self.run_id = run_id
        self.is_over = False
        self._thread_id = thread_id
        self._message_id = message_id
        self._texts: list[str] = []
        self._chars = 0
        self._marks = 0  # whatever else tells that it goes on
        self._doing = ""
        self._usage: Usage | None = None
        self._terminal: TerminalEvent | None = None
        self._questions: list[ToolCallRequiresAction] = []

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing left to cancel."""
        return self._terminal is not None

    def take(self, events: Iterable[Event]) -> None:
        """Take in what has come."""
        for event in events:
            if isinstance(event, MessageDelta):
                self._texts.append(event.text)
                self._chars += len(event.text)
                self._doing = ""
            elif isinstance(event, ReasoningDelta):
                self._marks += len(event.text)
                self._doing = "Thinking"
            elif isinstance(event, ToolCallStarted):
                self._doing = f"Calling {event.title or event.name}"
                self._marks += 1
            elif isinstance(event, ToolCallProgress | ToolCallCompleted):
                self._marks += 1
            elif isinstance(event, ToolCallRequiresAction):
                self._questions.append(event)
            elif isinstance(event, ToolCallDecided):
                self._questions, self.is_over = [], False
            elif isinstance(event, Usage):
                self._usage = event
                self.is_over = bool(self._questions)
            elif isinstance(event, RunStarted):
                self._message_id = event.message_id
            elif isinstance(event, TERMINAL):
                self._terminal, self.is_over = event, True

    @property
    def progress(self) -> int:
        """A number that grows with every character and every thing that happens."""
        return self._chars + self._marks

    @property
    def last_line(self) -> str:
        """What a person may be shown meanwhile."""
        if self._doing:
            return self._doing
        tail: list[str] = []
        size = 0
        for text in reversed(self._texts):
            tail.append(text)
            size += len(text)
            if size > 2 * MAX_LINE_CHARS:
                break
        lines = [line.strip() for line in "".join(reversed(tail)).splitlines()]
        return next((line[-MAX_LINE_CHARS:] for line in reversed(lines) if line), "")

    def result(self) -> Fields:
        """Return the result of the tool."""
        status = self._status()
        said = [text for text in ("".join(self._texts), self._note(status)) if text]
        structured = {
            "thread_id": self._thread_id,
            "message_id": self._message_id,
            "run_id": self.run_id,
            "status": status,
            "usage": self._usage_fields(),
        }
        return {
            "content": [{"type": "text", "text": "\n\n".join(said)}],
            "structuredContent": structured,
            "isError": status not in ("completed", "requires_action"),
        }

    def _status(self) -> str:
        if self._terminal is not None:
            return _STATUSES[type(self._terminal)]
        return "requires_action" if self._questions else "interrupted"

    def _note(self, status: str) -> str:
        if status == "completed":
            return ""
        if status == "requires_action":
            tools = " and ".join(sorted({f"{asked.server}/{asked.tool}" for asked in self._questions}))
            calls = ", ".join(f"/runs/{self.run_id}/tool_calls/{asked.tool_call_id}" for asked in self._questions)
            return (
                f"This answer waits for a person to decide about a call of {tools}: in Decant, thread "
                f"{self._thread_id}, or by POST {calls}. The run is {self.run_id}; read_thread tells what comes of it."
            )
        if isinstance(self._terminal, RunFailed | RunInterrupted):
            return self._terminal.message
        if status == "cancelled":
            return "The answer was stopped."
        return f"The answer could not be followed to its end; read_thread tells what comes of run {self.run_id}."

    def _usage_fields(self) -> Fields | None:
        usage = self._usage
        if usage is None:
            return None
        return {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "estimated": usage.estimated,
        }
