"""One MCP server of a worker: connects, lists its tools, and connects again when it is gone.

Everything but `state` belongs to the loop's thread. One task enters the SDK's client and leaves it (anyio wants the
same one); calls come from others. A call is sent again only where the server cannot have seen it.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from mcp import Client, MCPError, types
from mcp.shared.dispatcher import ProgressFnT

from api.errors import BadRequest, ToolServerError, ToolServerTimeout, forget_frames
from api.tool_calls import CallKey, Given, ServerStatus, Tool, ToolAnswer, ToolServer, failed
from api.tools.failures import NEEDS_TOKEN, is_session_lost, sentence_of
from api.tools.listing import Listing, list_tools
from api.tools.open_calls import OpenCalls
from api.tools.results import answer_of, questions_of
from api.tools.servers import McpServer
from api.tools.silence import Silence
from api.tools.transports import CONNECT_SECONDS, Heard, connected

BACKOFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
LONG_SECONDS = 30.0
LOOK_SECONDS = 0.5
MOST_CALLS = 90
MOST_ROUNDS = 10
NEWER = "2026-07-28"
TURNS = 10  # Of the loop: a connection's end that has come already is seen after so many.
MOST_ASKED_SECONDS = 25.0  # Hosts of apps cut off a response that has not begun after 30.
OUTCOME_UNKNOWN = "Whether the tool has done its work is unknown; it is not called again."

T = TypeVar("T")
Progress = Callable[[float, float | None, str | None], None]

logger = logging.getLogger(__name__)


class ServerSession:
    """A server and the connection to it; `state` may be read by any thread."""

    def __init__(self, server: McpServer, keep_seconds: float) -> None:
        self.server = server
        self.state = ToolServer(server.name, server.title or server.name, "connecting")
        self._client: Client | None = None
        self._heard = Heard()
        self._settled = asyncio.Event()  # It is ready or has failed, after the last attempt.
        self._awaited = asyncio.Event()  # Somebody wants it now, whatever the pause between attempts.
        self._changed = asyncio.Event()
        self._calls = asyncio.Semaphore(MOST_CALLS)
        self._is_trying = False
        self._open_calls = OpenCalls(server.silence_seconds, keep_seconds)

    async def run(self) -> None:
        """Keep the server connected until the task is cancelled."""
        attempts = 0
        while True:
            began_at = time.monotonic()
            self._is_trying = True
            try:
                await self._stay_connected()
            except Exception as error:  # noqa: BLE001 - Whatever a server does is its state, and no reason to stop.
                self._note_failure(error)
            self._is_trying = False
            # One that ends as soon as it is there is not to be started again and again.
            attempts = 0 if time.monotonic() - began_at > LONG_SECONDS else attempts + 1
            if attempts:
                with suppress(TimeoutError):
                    pause = BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1]
                    await asyncio.wait_for(self._awaited.wait(), pause)
            self._awaited.clear()

    def reconnect(self) -> None:
        """Connect anew, at once."""
        self._client = None
        self._settled.clear()
        self._awaited.set()

    async def call(
        self, key: CallKey, tool: Tool, arguments: Mapping[str, Any], on_progress: Progress, given: Given | None = None
    ) -> ToolAnswer:
        """Call a tool once, or go on with what a person has answered; what goes wrong is an answer for the model."""
        async with self._calls:
            if given is not None and given.is_open:
                return await self._go_on(key, given)
            for is_last in (False, True):
                client = await self._connected()
                if client is None:
                    break
                call = partial(self._call, client, tool, arguments, on_progress, given)
                try:
                    if client.protocol_version < NEWER:
                        return await self._open_calls.make(key, call)
                    return await call(Silence(self.server.silence_seconds))
                except Exception as error:  # noqa: BLE001 - Whatever a server does is an answer.
                    if is_last or not is_session_lost(error):
                        return self._failed(error)
                # Another call may have found out before, and a connection that is new is not dropped.
                if self._client is client:
                    self.reconnect()
            return failed(f"The MCP server {self.server.name} cannot be reached: {self.state.error}")

    async def ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        """Ask for what no model has called for.

        Raises:
            BadRequest: The server does not take what it was asked with.
            ToolServerError: It cannot be reached, fails or is silent.
        """
        name = self.server.name
        seconds = min(self.server.silence_seconds, MOST_ASKED_SECONDS)
        try:
            async with asyncio.timeout(seconds), self._calls:
                client = await self._connected()
                if client is None:
                    raise ToolServerError(f"The MCP server {name} cannot be reached: {self.state.error}")
                return await question(client)
        except TimeoutError:
            raise ToolServerTimeout(f"The MCP server {name} has not answered in {seconds:g} seconds.") from None
        except ToolServerError:
            raise
        except Exception as error:  # noqa: BLE001 - Whatever a server does is told to who asks.
            is_refused = isinstance(error, MCPError) and error.error.code == types.INVALID_PARAMS
            sentence = f"The MCP server {name}: {sentence_of(error, self.server)}"
            forget_frames(error)
            raise (BadRequest if is_refused else ToolServerError)(sentence) from None

    def forget(self, run_id: str) -> None:
        """Cancel the calls of a run that wait for a person."""
        self._open_calls.forget(run_id)

    async def _go_on(self, key: CallKey, given: Given) -> ToolAnswer:
        try:
            answer = await self._open_calls.go_on(key, given)
        except Exception as error:  # noqa: BLE001 - Whatever a server does is an answer.
            return self._failed(error)
        return answer or failed(f"The call is not open any more. {OUTCOME_UNKNOWN}")

    def _failed(self, error: Exception) -> ToolAnswer:
        sentence = sentence_of(error, self.server).rstrip(".")
        forget_frames(error)
        return failed(f"{sentence}. {OUTCOME_UNKNOWN}")

    async def _call(
        self,
        client: Client,
        tool: Tool,
        arguments: Mapping[str, Any],
        on_progress: Progress,
        given: Given | None,
        silence: Silence,
    ) -> ToolAnswer:
        async def progressed(progress: float, total: float | None, message: str | None) -> None:
            silence.hear()
            on_progress(progress, total, message)

        try:
            async with silence.limit():
                result = await _sent(client, tool.name, dict(arguments), progressed, given)
        except TimeoutError:
            return failed(silence.sentence())
        return questions_of(result) if isinstance(result, types.InputRequiredResult) else answer_of(result)

    async def _connected(self) -> Client | None:
        """Return the client once there is a connection, None where the next attempt fails."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if self._client is not None and _is_closed(self._client):
            self.reconnect()
        if self._client is None:
            if not self._is_trying:
                self._settled.clear()
                self._awaited.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), CONNECT_SECONDS + 1)
        return self._client

    async def _stay_connected(self) -> None:
        self.state = replace(self.state, status="connecting")
        self._settled.clear()
        began_at = time.monotonic()
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._heard = Heard()
                transport = connected(self.server, self._heard)
                asks = self._open_calls.ask
                client = Client(transport, message_handler=self._on_message, cache=None, elicitation_callback=asks)
                await stack.enter_async_context(client)
                listing = await list_tools(client, self.server)
            self._client = client
            self.state = replace(
                self.state,
                status="ready",
                error="",
                protocol_version=client.protocol_version,
                latency_ms=round((time.monotonic() - began_at) * 1000),
                tools=listing.tools,
            )
            self._settled.set()
            self._awaited.clear()
            try:
                await self._watch(client, listing)
            finally:
                self._client = None
                self._settled.clear()

    async def _watch(self, client: Client, listing: Listing) -> None:
        """Return once the connection is gone or a new one is wanted; list the tools anew when they may have changed."""
        listed_at = time.monotonic()
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(client))
            while self._client is client and not self._awaited.is_set() and not _is_closed(client):
                is_stale = time.monotonic() - listed_at > (listing.fresh_seconds or math.inf)
                if self._changed.is_set() or is_stale:
                    self._changed.clear()
                    async with asyncio.timeout(CONNECT_SECONDS):
                        listing = await list_tools(client, self.server)
                    listed_at = time.monotonic()
                    self.state = replace(self.state, tools=listing.tools)
                    await asyncio.sleep(LOOK_SECONDS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)
            listening.cancel()

    async def _listen(self, client: Client) -> None:
        """Follow what a server of the newer generation says of its list, where it says anything."""
        tells = client.server_capabilities.tools
        if tells is None or not tells.list_changed:
            return
        with suppress(Exception):  # An older one says it by itself.
            async with client.listen(tools_list_changed=True) as told:
                async for _ in told:
                    self._changed.set()

    async def _on_message(self, message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._changed.set()

    def _note_failure(self, error: Exception) -> None:
        before = self.state.error
        heard = self._heard
        status: ServerStatus = "needs_token" if heard.status in NEEDS_TOKEN else "failed"
        sentence = sentence_of(error, self.server, heard.lines, heard.status)
        self.state = replace(self.state, status=status, error=sentence)
        self._client = None
        self._settled.set()
        if self.state.error != before:
            logger.warning("MCP server %s: %s", self.server.name, self.state.error)


async def _sent(
    client: Client, name: str, arguments: dict[str, Any], progressed: ProgressFnT, given: Given | None
) -> types.CallToolResult | types.InputRequiredResult:
    """Call a tool once; a server that only wants its state back, and asks nothing, is given it some times."""
    answers: types.InputResponses | None = None
    if given:
        answers = {key: types.ElicitResult(**answer) for key, answer in given.answers.items()}
    state = given.state if given else None
    for _ in range(MOST_ROUNDS):
        result = await client.session.call_tool(
            name,
            arguments,
            progress_callback=progressed,
            input_responses=answers,
            request_state=state,
            allow_input_required=True,
        )
        if not isinstance(result, types.InputRequiredResult) or result.input_requests:
            break
        answers, state = None, result.request_state
    if isinstance(result, types.CallToolResult | types.InputRequiredResult):
        return result
    raise TypeError(f"a call came to {type(result).__name__}")


def _is_closed(client: Client) -> bool:
    # The SDK has no word for it: without this the first call after a server's death fails.
    return bool(getattr(getattr(client.session, "_dispatcher", None), "_closed", False))
