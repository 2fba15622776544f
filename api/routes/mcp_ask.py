"""The tool `ask`: an ordinary run of a thread, told to an MCP client as the protocol wants it.

The run belongs to its request as one of `POST /stream` does: a client that leaves, or cancels, ends it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import g

from api.config import Config
from api.errors import DecantError
from api.routes.client_socket import ClientSocket
from api.runs.log import LoggedEvent
from api.runs.log_reader import LogReader
from api.runs.run_request import RunRequest
from api.runs.thread_runs import OpenedRun, ThreadRuns
from api.store import Store
from api.wire.fields import check_text, is_blank
from api.wire.mcp.asking import AskedRun
from api.wire.mcp.protocol import Fields
from api.wire.mcp.server import Answering, Call
from api.wire.mcp.sessions import call_key
from api.wire.mcp.tool_table import error_result
from api.wire.sse import HEARTBEAT, OPEN

PROGRESS_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Ask:
    """Starts runs for an account's MCP clients, and cancels them."""

    def __init__(self, thread_runs: ThreadRuns, store: Store, account_id: str, config: Config) -> None:
        self._thread_runs = thread_runs
        self._store = store
        self._account_id = account_id
        self._config = config

    def ask(self, call: Call, arguments: Fields) -> Fields | Answering:
        """Start a run; what is given is its answer while it comes."""
        prompt = check_text(arguments["prompt"], "prompt", self._config.max_message_chars)
        if is_blank(prompt):
            return error_result("prompt is empty.")
        opened = self._open(prompt, arguments, call.place)
        key = call_key(call.session_id, call.request.request_id) if call.session_id else None
        on_end = partial(self._end, opened.run.run_id, key)
        answer = AskAnswer(call, opened, call.place, self._config.heartbeat_seconds, on_end)
        try:
            if key is not None and not self._store.mcp_calls.begin(self._account_id, key, opened.run.run_id):
                self._thread_runs.cancel(self._account_id, opened.run.run_id)
        except DecantError:
            answer.close()
            raise
        return answer

    def cancel(self, session_id: str, request_id: str | int) -> None:
        """End the call of a session, whichever worker has it."""
        run_id = self._store.mcp_calls.cancel(self._account_id, call_key(session_id, request_id))
        if run_id is not None:
            self._thread_runs.cancel(self._account_id, run_id)

    def _open(self, prompt: str, arguments: Fields, client: ClientSocket) -> OpenedRun:
        asked = RunRequest(
            content=prompt,
            parent_id=None,
            is_first=False,
            continue_id=None,
            model=arguments.get("model"),
            temperature=None,
            max_tokens=None,
        )
        key, thread_id = arguments.get("idempotency_key"), arguments.get("thread_id")
        start = self._thread_runs.start_thread
        if thread_id is not None:
            return self._thread_runs.start(
                self._account_id, thread_id, asked, idempotency_key=key, request_id=g.request_id, client=client
            )
        return start(self._account_id, asked, idempotency_key=key, request_id=g.request_id, client=client)

    def _end(self, run_id: str, key: str | None, is_left: bool) -> None:
        try:
            if is_left:
                self._thread_runs.cancel(self._account_id, run_id)
            if key is not None:
                self._store.mcp_calls.end(self._account_id, key, run_id)
        except DecantError:
            logger.exception("A call of an MCP client could not be ended", extra={"fields": {"run_id": run_id}})


class AskAnswer:
    """A run as the frames of its call; `on_end` is told once whether the client has left before the result."""

    def __init__(
        self,
        call: Call,
        opened: OpenedRun,
        client: ClientSocket,
        heartbeat_seconds: float,
        on_end: Callable[[bool], None],
    ) -> None:
        self._call = call
        self._client = client
        self._reader: LogReader = opened.reader
        self._asked = AskedRun(opened.run.run_id, opened.run.thread_id, opened.run.message_id)
        self._heartbeat_seconds = heartbeat_seconds
        self._on_end: Callable[[bool], None] | None = on_end
        self._wants_progress = call.progress_token is not None
        self._progress = 0
        self._progress_at = 0.0
        self._written_at = time.monotonic()

    def __iter__(self) -> Iterator[bytes]:
        yield OPEN + self._told(self._reader.take())
        if self._client.can_send:
            # The server has written the headers by now.
            self._reader.push_to(self._push)
        for entries in self._reader:
            frames = self._told(entries)
            if frames:
                yield frames
        is_left = not self._asked.is_over and self._client.is_gone()
        self._end(is_left)
        if not is_left:
            yield self._call.result_frame(self._asked.result())

    def close(self) -> None:
        """Let go of the run: it ends with the request that has not got its result."""
        self._end(not self._asked.is_over)

    def _end(self, is_left: bool) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            self._reader.close()
            on_end(is_left)

    def _push(self, entries: list[LoggedEvent]) -> bool:
        return self._client.send(self._told(entries))

    def _told(self, entries: list[LoggedEvent]) -> bytes:
        """Take in what has come; return what the client is told of it now."""
        asked = self._asked
        asked.take([entry.event for entry in entries])
        if asked.is_over:
            # What follows a question is not this call's to wait for.
            self._reader.close()
            return b""
        now = time.monotonic()
        if self._wants_progress and asked.progress > self._progress and now - self._progress_at >= PROGRESS_SECONDS:
            self._progress, self._progress_at, self._written_at = asked.progress, now, now
            return self._call.progress_frame(asked.progress, asked.last_line)
        if now - self._written_at >= self._heartbeat_seconds:
            self._written_at = now
            return HEARTBEAT
        return b""
