"""Threads in memory, with the JSON that Decant's API has for them."""

import itertools
import time
from collections.abc import Callable
from typing import Any

from tests.support.scripted_runs import ScriptedRun


class ScriptedThreads:
    """Every thread, its messages and its runs."""

    def __init__(self) -> None:
        self.threads: dict[str, dict[str, Any]] = {}
        self.deleted: set[str] = set()
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.runs: dict[str, ScriptedRun] = {}
        self.keys: dict[str, ScriptedRun] = {}
        self.before_update: Callable[[dict[str, Any]], object] = lambda _: None
        self._numbers = itertools.count(1)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        thread_id = f"t{next(self._numbers)}"
        fields = {name: body.get(name) or "" for name in ("title", "model", "system_prompt")}
        now = time.time()
        thread = {"thread_id": thread_id, **fields, "created_at": now, "updated_at": now}
        self.threads[thread_id] = thread
        self.messages[thread_id] = []
        for message in body.get("messages", []):
            self.add(thread_id, message.get("parent_id"), message["role"], message["parts"], message.get("message_id"))
        return thread

    def find(self, thread_id: str) -> dict[str, Any] | None:
        return None if thread_id in self.deleted else self.threads.get(thread_id)

    def newest(self, query: str) -> list[dict[str, Any]]:
        found = [thread for thread in self.threads.values() if thread["thread_id"] not in self.deleted]
        kept = [thread for thread in found if query.lower() in thread["title"].lower()]
        return sorted(kept, key=lambda thread: float(thread["updated_at"]), reverse=True)

    def add(
        self,
        thread_id: str,
        parent_id: str | None,
        role: str,
        parts: list[dict[str, Any]],
        message_id: str | None = None,
        run: ScriptedRun | None = None,
    ) -> dict[str, Any]:
        message = {
            "message_id": message_id or f"m{next(self._numbers)}",
            "thread_id": thread_id,
            "parent_id": parent_id,
            "role": role,
            "parts": parts,
            "created_at": time.time(),
            "run": run,
        }
        self.messages[thread_id].append(message)
        self.threads[thread_id]["updated_at"] = time.time()
        return message

    def running(self, thread_id: str) -> ScriptedRun | None:
        runs = (message["run"] for message in self.messages[thread_id])
        return next((run for run in runs if run and run.status == "running"), None)

    def start(self, thread_id: str, body: dict[str, Any], headers: dict[str, str], probe: float) -> ScriptedRun:
        stored = self.messages[thread_id]
        parent_id = body.get("parent_id", stored[-1]["message_id"] if stored else None)
        parts: list[dict[str, Any]] = []
        if "continue_id" in body:
            answer = next(message for message in stored if message["message_id"] == body["continue_id"])
            parent_id, parts = answer["parent_id"], list(answer["run"].parts if answer["run"] else answer["parts"])
        if "content" in body:
            said = [{"type": "text", "text": body["content"]}]
            parent_id = self.add(thread_id, parent_id, "user", said)["message_id"]
        run_id, message_id = f"r{next(self._numbers)}", f"m{next(self._numbers)}"
        ids = {"run_id": run_id, "thread_id": thread_id, "parent_id": parent_id, "message_id": message_id}
        run = ScriptedRun(body, headers, probe, **ids)
        run.parts = [dict(part) for part in parts]
        self.add(thread_id, parent_id, "assistant", parts, message_id, run)
        self.threads[thread_id]["title"] = self.threads[thread_id]["title"] or body.get("content", "")[:60]
        self.runs[run.run_id] = run
        if key := headers.get("Idempotency-Key"):
            self.keys[key] = run
        return run

    def message_fields(self, message: dict[str, Any]) -> dict[str, Any]:
        run: ScriptedRun | None = message["run"]
        if run is None:
            return {**message, "status": "completed"}
        ended = run.status != "running"
        failed = run.status in ("failed", "interrupted")
        told = {
            "run_id": run.run_id,
            "status": run.status,
            "seq": run.seq,
            "finish_reason": run.fields.get("finish_reason"),
            "error": {name: run.fields[name] for name in ("code", "message", "retryable")} if failed else None,
            "usage": run.usage,
        }
        parts = run.parts if ended else message["parts"]
        return {**message, "parts": parts, "status": run.status, "run": told}
