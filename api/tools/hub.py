"""The MCP servers of a worker: what they offer now, and calls of their tools from any thread."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from api.errors import NotFound, ToolServerTimeout
from api.hub import off_hub
from api.ids import new_id
from api.tool_calls import CallKey, Content, Given, Prompt, Resource, Tool, ToolAnswer, ToolServer
from api.tools.loop import LoopThread
from api.tools.servers import McpServer

if TYPE_CHECKING:
    from mcp import Client

    from api.tools.session import Progress, ServerSession

CLOSE_SECONDS = 5  # A process that ignores its end and SIGTERM takes four.
FIND_PAUSE_SECONDS = 0.05
KEEP_SECONDS = 86_400.0
ASKED_SECONDS = 28.0  # The session is done in less, unless its thread is gone.

T = TypeVar("T")

logger = logging.getLogger(__name__)


class ToolHub:
    """Connects in the background from `start` on; nothing is imported or started where there are no servers.

    A call that waits for a person within an older server is kept for `keep_seconds`.
    """

    def __init__(self, servers: Sequence[McpServer], keep_seconds: float = KEEP_SECONDS) -> None:
        self._servers = tuple(servers)
        self._keep_seconds = keep_seconds
        self._loop: LoopThread | None = None
        self._sessions: dict[str, ServerSession] = {}
        self._main: Future[None] | None = None

    def start(self) -> None:
        """Connect to every server, without waiting for any; the second time does nothing."""
        if self._servers and self._loop is None:
            self._loop = LoopThread()
            self._loop.start()
            self._main = self._loop.submit(self._run())

    def close(self) -> None:
        """Let go of the servers: their processes end."""
        if self._loop is None or self._main is None:
            return
        self._main.cancel()
        with suppress(Exception):
            self._loop.submit(self._closed()).result(CLOSE_SECONDS)
        self._loop.close(1.0)
        self._loop = None

    def servers(self) -> tuple[ToolServer, ...]:
        """Return the servers in the order of the configuration, and how they stand."""
        return tuple(
            session.state if (session := self._sessions.get(server.name)) else _unstarted(server)
            for server in self._servers
        )

    def offered(self) -> tuple[Tool, ...]:
        """Return the tools that are known now, also those of a server that is being connected to again."""
        return tuple(tool for server in self.servers() for tool in server.tools)

    def find(self, server: str, name: str, seconds: float) -> Tool | None:
        """Return a tool, waiting so long for a server that is being connected to; None if there is none."""
        deadline = time.monotonic() + seconds
        while True:
            state = next((state for state in self.servers() if state.name == server), None)
            tools = state.tools if state is not None else ()
            found = next((tool for tool in tools if tool.name == name), None)
            is_coming = state is not None and state.status == "connecting"
            if found is not None or not is_coming or time.monotonic() >= deadline:
                return found
            time.sleep(FIND_PAUSE_SECONDS)

    def call(
        self,
        tool: Tool,
        arguments: Mapping[str, Any],
        on_progress: "Progress",
        given: Given | None = None,
        key: CallKey | None = None,
    ) -> "Future[ToolAnswer]":
        """Call a tool, or go on with what a person has answered; cancelling the future cancels it at the server."""
        session = self._sessions[tool.server]
        if self._loop is None:
            raise RuntimeError("the hub is not started")
        return self._loop.submit(session.call(key or CallKey(new_id(), ""), tool, arguments, on_progress, given))

    def prompts(self, server: str) -> tuple[Prompt, ...]:
        """Return the prompts of a server."""
        return self._asked(server, lambda context: context.prompts_of)

    def prompt_text(self, server: str, name: str, arguments: Mapping[str, str]) -> str:
        """Return a prompt of a server as the text of a message."""
        text: str = self._asked(server, lambda context: partial(context.prompt_text, name=name, arguments=arguments))
        return text

    def resources(self, server: str) -> tuple[Resource, ...]:
        """Return the resources of a server."""
        return self._asked(server, lambda context: context.resources_of)

    def resource_content(self, server: str, uri: str) -> tuple[Content, ...]:
        """Return what a resource of a server holds."""
        return self._asked(server, lambda context: partial(context.resource_content, uri=uri))

    def forget(self, run_id: str) -> None:
        """Cancel the calls of a run that wait for a person within a server."""
        for session in self._sessions.values():
            if self._loop is not None:
                self._loop.call(partial(session.forget, run_id))

    def reconnect(self, name: str) -> None:
        """Connect to a server anew, and list what it offers.

        Raises:
            NotFound: There is no such server.
        """
        session, loop = self._found(name)
        loop.call(session.reconnect)

    def _found(self, name: str) -> "tuple[ServerSession, LoopThread]":
        session = self._sessions.get(name)
        if session is None or self._loop is None:
            raise NotFound("There is no such MCP server.")
        return session, self._loop

    def _asked(self, server: str, question: "Callable[[ModuleType], Callable[[Client], Awaitable[T]]]") -> T:
        session, loop = self._found(server)
        from api.tools import context  # noqa: PLC0415 - mcp is needed where servers are.

        future = loop.submit(session.ask(question(context)))
        try:
            return future.result(ASKED_SECONDS)
        except TimeoutError:
            future.cancel()
            raise ToolServerTimeout(f"The MCP server {server} has not answered.") from None
        finally:
            del future  # Its exception knows this frame: the two would be a cycle.

    async def _run(self) -> None:
        # It takes half a second, and is nobody's wait.
        from_session = off_hub(_load)
        self._sessions = {server.name: from_session(server, self._keep_seconds) for server in self._servers}
        try:
            async with asyncio.TaskGroup() as group:
                for session in self._sessions.values():
                    group.create_task(session.run())
        except Exception:
            logger.exception("The MCP servers are not looked after any more")
            raise

    async def _closed(self) -> None:
        current = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not current]
        await asyncio.gather(*tasks, return_exceptions=True)


def _load() -> "type[ServerSession]":
    from api.tools.session import ServerSession  # noqa: PLC0415 - mcp is needed where servers are.

    return ServerSession


def _unstarted(server: McpServer) -> ToolServer:
    return ToolServer(server.name, server.title or server.name, "connecting")
