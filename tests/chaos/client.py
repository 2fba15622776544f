"""A client as the page is one: it starts a run with a key, follows it through every cut, and never gives up early."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from ui.client.sse import SseDecoder

GIVE_UP_SECONDS = 100.0
RETRY_SECONDS = 0.25
TIMEOUTS = (5.0, 12.0)
SSE = {"Accept": "text/event-stream"}
TERMINAL = ("run.completed", "run.failed", "run.cancelled", "run.interrupted")

OnBytes = Callable[[int], bool]


class Broken(AssertionError):
    """The API did what it must never do."""


@dataclass
class Seen:
    """What one reader has put together over all its connections."""

    text: list[str] = field(default_factory=list)
    seq: int = 0
    terminal: str | None = None
    bytes: int = 0
    connections: int = 0
    is_over: bool = False

    def take(self, event_type: str, seq: int, fields: dict[str, Any]) -> None:
        """Take the next event; a gap or a repetition is a defect."""
        if seq != self.seq + 1 or self.terminal is not None:
            raise Broken(f"event {seq} came after {self.seq} (terminal: {self.terminal})")
        self.seq = seq
        if event_type == "message.delta":
            self.text.append(fields["text"])
        if event_type in TERMINAL:
            self.terminal = event_type
            self.is_over = True


class Client:
    """Asks one node after the other until one answers."""

    def __init__(self, urls: Sequence[str], start_at: int) -> None:
        self._urls = itertools.cycle([*urls[start_at % len(urls) :], *urls[: start_at % len(urls)]])
        self._url = next(self._urls)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Return the first answer that is not a passing failure."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while True:
            failure = ""
            try:
                response = requests.request(method, self._url + path, timeout=TIMEOUTS, **options)
                if response.status_code < 500:
                    return response
                failure = f"{response.status_code} {response.text[:200]}"
                if response.status_code != 503:
                    raise Broken(f"{method} {path}: {failure}")
            except requests.RequestException as error:
                failure = type(error).__name__
            if time.monotonic() > deadline:
                raise Broken(f"{method} {path} was refused for {GIVE_UP_SECONDS:g} s: {failure}")
            self._go_elsewhere()

    def start(self, model: str, key: str, content: str) -> tuple[str, str, requests.Response]:
        """Make a thread and start a run in it; return the thread, the run and its stream."""
        thread_id = self.ask("POST", "/threads", json={}).json()["thread_id"]
        headers = {**SSE, "Idempotency-Key": key}
        body = {"content": content, "model": model}
        response = self.ask("POST", f"/threads/{thread_id}/runs", json=body, headers=headers, stream=True)
        if response.status_code != 200:
            raise Broken(f"the run was refused: {response.status_code} {response.text}")
        return thread_id, response.headers["X-Run-Id"], response

    def follow(self, run_id: str, seen: Seen, on_bytes: OnBytes, first: requests.Response | None = None) -> None:
        """Read to the end of the run; where `on_bytes` says so, break the connection off and come back."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        response = first
        while not seen.is_over:
            if time.monotonic() > deadline:
                raise Broken(f"run {run_id} had no end after {GIVE_UP_SECONDS:g} s (seq {seen.seq})")
            if response is None:
                headers = {**SSE, "Last-Event-ID": str(seen.seq)}
                response = self.ask("GET", f"/runs/{run_id}/events", headers=headers, stream=True)
            seen.connections += 1
            if response.status_code == 204:
                seen.is_over = True
            elif response.status_code != 200:
                raise Broken(f"the events were refused: {response.status_code} {response.text}")
            else:
                self._read(response, seen, on_bytes)
            response.close()
            response = None

    def _read(self, response: requests.Response, seen: Seen, on_bytes: OnBytes) -> None:
        decoder = SseDecoder()
        try:
            for piece in response.iter_content(None):
                seen.bytes += len(piece)
                for event in decoder.feed(piece):
                    seen.take(event.event, int(event.id or 0), json.loads(event.data))
                if on_bytes(seen.bytes):
                    return
        except requests.RequestException:
            self._go_elsewhere()

    def _go_elsewhere(self) -> None:
        self._url = next(self._urls)
        threading.Event().wait(RETRY_SECONDS)
