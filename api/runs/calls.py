"""The calls of one step, some at a time: made by the run's thread, whose log they report to."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

from api.events import Event, ToolCallCompleted, ToolCallProgress
from api.runs.tools import Tools
from api.tool_calls import CallKey, Given, Tool, ToolAnswer, failed

MOST_AT_ONCE = 8
PROGRESS_SECONDS = 0.5  # Between two of a call: at most two a second.
MAX_MESSAGE_CHARS = 500
MAX_CONTENT_CHARS = 24_000_000  # Of all results of a run.
TOO_MUCH = "The results of this answer's tools are too long together: this one is left out."

Append = Callable[[Sequence[Event]], object]


class Call(NamedTuple):
    """A call that may be made."""

    tool_call_id: str
    tool: Tool
    arguments: Mapping[str, Any]
    given: Given | None = None


class _Going(NamedTuple):
    call: Call
    future: "Future[ToolAnswer]"
    began_at: float


class Calls:
    """Makes the calls of a run; `close` cancels those that go on, from any thread."""

    def __init__(self, tools: Tools, run_id: str) -> None:
        self._tools = tools
        self._run_id = run_id
        self.asking: list[tuple[Call, ToolAnswer]] = []
        self._chars_left = MAX_CONTENT_CHARS
        self._going: dict[str, _Going] = {}
        self._said_at: dict[str, float] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        # Of what comes from the servers' thread: an id with progress, or None for an end; all None once closed.
        self._inbox: queue.SimpleQueue[tuple[str | None, tuple[float, float | None, str | None] | None]]
        self._inbox = queue.SimpleQueue()

    def make(self, calls: Sequence[Call], append: Append) -> bool:
        """Make the calls and append their progress and results; False once closed.

        `asking` are those then whose servers ask the person something first.
        """
        self.asking = []
        waiting = deque(calls)
        while (waiting or self._going) and not self._is_closed:
            while waiting and len(self._going) < MOST_AT_ONCE:
                self._begin(waiting.popleft())
            tool_call_id, progress = self._inbox.get()
            if tool_call_id is None:
                break
            if progress is None:
                if (event := self._ended(tool_call_id)) is not None:
                    append([event])
            elif (said := self._progressed(tool_call_id, *progress)) is not None:
                append([said])
        return not self._is_closed

    def completed(self, tool_call_id: str, answer: ToolAnswer, duration_ms: int | None = None) -> ToolCallCompleted:
        """Make the event of a result, within what all results of a run may be."""
        size = sum(len(value) for piece in answer.content for value in piece.values() if isinstance(value, str))
        if size > self._chars_left:
            answer = failed(TOO_MUCH)
        else:
            self._chars_left -= size
        return ToolCallCompleted(tool_call_id, answer.content, answer.is_error, duration_ms)

    def close(self) -> None:
        """Cancel what goes on, and make nothing more."""
        with self._lock:
            self._is_closed = True
            going = list(self._going.values())
        for call in going:
            call.future.cancel()
        self._inbox.put((None, None))

    def _begin(self, call: Call) -> None:
        def on_progress(progress: float, total: float | None, message: str | None) -> None:
            inbox.put((call.tool_call_id, (progress, total, message)))

        inbox = self._inbox
        with self._lock:
            if self._is_closed:
                return
            key = CallKey(self._run_id, call.tool_call_id)
            future = self._tools.call(call.tool, call.arguments, on_progress, call.given, key)
            self._going[call.tool_call_id] = _Going(call, future, time.monotonic())
        future.add_done_callback(partial(_end, inbox, call.tool_call_id))

    def _ended(self, tool_call_id: str) -> ToolCallCompleted | None:
        with self._lock:
            call, future, began_at = self._going.pop(tool_call_id)
        # Asked for and not raised: a future would keep the frame that holds it.
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or error is not None:
            answer = failed(f"The tool could not be called: {type(error).__name__ if error else 'cancelled'}.")
        else:
            answer = future.result()
        if answer.questions:
            self.asking.append((call, answer))
            return None
        return self.completed(tool_call_id, answer, round((time.monotonic() - began_at) * 1000))

    def _progressed(
        self, tool_call_id: str, progress: float, total: float | None, message: str | None
    ) -> ToolCallProgress | None:
        now = time.monotonic()
        if tool_call_id not in self._going or now - self._said_at.get(tool_call_id, -1.0) < PROGRESS_SECONDS:
            return None
        self._said_at[tool_call_id] = now
        return ToolCallProgress(tool_call_id, progress, total, message[:MAX_MESSAGE_CHARS] if message else None)


def _end(inbox: "queue.SimpleQueue[Any]", tool_call_id: str, _future: "Future[ToolAnswer]") -> None:
    inbox.put((tool_call_id, None))
