"""Runs that a test writes event by event, and the readers of their logs."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from tests.support.processes import WAIT_SECONDS

# No run outlives this, so that a reader that should have been stopped fails its test instead of hanging it.
RUN_SECONDS = 2 * WAIT_SECONDS
TERMINAL = {
    "run.completed": "completed",
    "run.failed": "failed",
    "run.cancelled": "cancelled",
    "run.interrupted": "interrupted",
}


@dataclass
class Reader:
    """One open response."""

    frames: queue.Queue[bytes | Exception | None] = field(default_factory=queue.Queue)


class ScriptedRun:
    """One run: what it asked for and what it is told; a reader gets everything after what it has."""

    def __init__(self, body: dict[str, Any], headers: dict[str, str], probe_seconds: float, **ids: str | None) -> None:
        self.body = body
        self.headers = headers
        self.run_id, self.thread_id, self.message_id = (
            str(ids[name]) for name in ("run_id", "thread_id", "message_id")
        )
        self.parent_id = ids["parent_id"]
        self.status = "running"
        self.fields: dict[str, Any] = {}
        self.usage: dict[str, Any] | None = None
        self.parts: list[dict[str, Any]] = []
        self.readers_opened = 0
        self.client_gone = threading.Event()
        self.cancelled = threading.Event()
        self._probe_seconds = probe_seconds
        self._log: list[bytes] = []
        self._readers: list[Reader] = []
        self._lock = threading.Lock()

    @property
    def seq(self) -> int:
        return len(self._log)

    def send(self, event_type: str, **fields: Any) -> Self:
        with self._lock:
            frame = f"id: {len(self._log) + 1}\nevent: {event_type}\ndata: {json.dumps(fields)}\n\n".encode()
            self._log.append(frame)
            self._fold(event_type, fields)
            self._put(frame)
        return self

    def send_bytes(self, chunk: bytes) -> Self:
        """Send what is no event of the log to those who read now."""
        with self._lock:
            self._put(chunk)
        return self

    def start(self) -> Self:
        return self.send(
            "run.started",
            run_id=self.run_id,
            thread_id=self.thread_id,
            parent_id=self.parent_id,
            message_id=self.message_id,
            model="scripted",
        )

    def text(self, *deltas: str) -> Self:
        for delta in deltas:
            self.send("message.delta", text=delta)
        return self

    def complete(self, finish_reason: str = "stop") -> Self:
        return self.send("run.completed", finish_reason=finish_reason).end()

    def end(self) -> Self:
        """End the open responses as a server does that has nothing more to say."""
        return self._put_locked(None)

    def abort(self) -> Self:
        """Break the connections in the middle of the responses; the run goes on."""
        return self._put_locked(ConnectionResetError("scripted"))

    def forget(self, text: str) -> Self:
        """End as after a kill: what was sent last was never stored."""
        with self._lock:
            self._log.pop()
            self.parts[-1]["text"] = self.parts[-1]["text"].removesuffix(text)
            frame = {"code": "internal", "message": "The process of this answer went away.", "retryable": True}
            self._fold("run.interrupted", frame)
        return self

    def stored_text(self) -> str:
        return "".join(part["text"] for part in self.parts if part["type"] == "text")

    def open(self, after: int = 0) -> Iterator[bytes]:
        """Return the body of a response that replays what comes after an event and then follows."""
        reader = Reader()
        with self._lock:
            for frame in self._log[after:]:
                reader.frames.put(frame)
            if self.status != "running":
                reader.frames.put(None)
            self._readers.append(reader)
            self.readers_opened += 1
        return self._chunks(reader)

    def _chunks(self, reader: Reader) -> Iterator[bytes]:
        deadline = time.monotonic() + RUN_SECONDS
        try:
            yield b": open\n\n"
            while time.monotonic() < deadline:
                try:
                    item = reader.frames.get(timeout=self._probe_seconds)
                except queue.Empty:
                    yield b": probe\n\n"
                    continue
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            with self._lock:
                self._readers = [other for other in self._readers if other is not reader]
            self.client_gone.set()

    def _put_locked(self, item: Exception | None) -> Self:
        with self._lock:
            self._put(item)
        return self

    def _put(self, item: bytes | Exception | None) -> None:
        for reader in self._readers:
            reader.frames.put(item)

    def _fold(self, event_type: str, fields: dict[str, Any]) -> None:
        kind = {"message.delta": "text", "reasoning.delta": "reasoning"}.get(event_type)
        if kind and self.parts and self.parts[-1]["type"] == kind:
            self.parts[-1]["text"] += fields["text"]
        elif kind:
            self.parts.append({"type": kind, "text": fields["text"]})
        elif event_type == "tool_call.started":
            self.parts.append({"type": "tool_call", **fields})
        elif event_type == "usage":
            self.usage = fields
        elif event_type in TERMINAL:
            self.status, self.fields = TERMINAL[event_type], fields
