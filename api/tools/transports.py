"""How a server is reached: a process of the worker's own over pipes, or HTTP."""

import asyncio
import os
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from mcp import StdioServerParameters
from mcp.client.stdio import get_default_environment, stdio_client
from mcp.client.streamable_http import streamable_http_client

from api.tools import relay
from api.tools.bounds import BoundedTransport
from api.tools.servers import McpServer

CONNECT_SECONDS = 10.0
MAX_LINES = 20
MAX_LINE_CHARS = 300
MOST_CONNECTIONS = 100

RELAY = str(Path(relay.__file__))


@dataclass(slots=True)
class Heard:
    """What a server says beside the protocol: the last lines of a process' stderr, the last status of HTTP."""

    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_LINES))
    status: int | None = None

    async def take_status(self, response: httpx2.Response) -> None:
        """Keep the status of what was asked, which the SDK does not tell of; a GET only offers to listen."""
        if response.request.method == "POST":
            self.status = response.status_code


@asynccontextmanager
async def connected(server: McpServer, heard: Heard) -> AsyncIterator[Any]:
    """Yield the streams to a server, and keep what is heard beside them.

    Raises:
        FileNotFoundError: There is no such command.
    """
    if server.url:
        timeout = httpx2.Timeout(CONNECT_SECONDS, read=None)
        limits = httpx2.Limits(max_connections=MOST_CONNECTIONS)
        async with (
            httpx2.AsyncClient(
                headers=dict(server.headers),
                timeout=timeout,
                transport=BoundedTransport(limits=limits),
                event_hooks={"response": [heard.take_status]},
            ) as http_client,
            streamable_http_client(server.url, http_client=http_client) as streams,
        ):
            yield streams
        return
    async with _stderr(heard.lines) as writing, _piped(server, writing) as streams:
        yield streams


@asynccontextmanager
async def _piped(server: McpServer, writing: int) -> AsyncIterator[Any]:
    environment = get_default_environment() | dict(server.env)
    command = _found(server, environment)
    tied = ["-I", "-S", RELAY, str(os.getpid()), command, *server.args]
    parameters = StdioServerParameters(command=sys.executable, args=tied, env=environment, cwd=server.cwd)
    with os.fdopen(os.dup(writing), "w", encoding="utf-8") as errlog:
        async with stdio_client(parameters, errlog=errlog) as streams:
            yield streams


def _found(server: McpServer, environment: Mapping[str, str]) -> str:
    found = shutil.which(server.command, path=environment.get("PATH"))
    if found is None:
        raise FileNotFoundError(server.command)
    return found


@asynccontextmanager
async def _stderr(said: deque[str]) -> AsyncIterator[int]:
    """Yield a pipe for a process to complain into; nobody else reads it, and it must never be full."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    loop = asyncio.get_running_loop()
    rest = ""

    def read() -> None:
        nonlocal rest
        with suppress(BlockingIOError):
            received = os.read(reading, 65536)
            if not received:
                loop.remove_reader(reading)
            *lines, rest = (rest + received.decode(errors="replace")).split("\n")
            rest = rest[-MAX_LINE_CHARS:]
            said.extend(line[:MAX_LINE_CHARS] for line in lines[-MAX_LINES:] if line.strip())

    loop.add_reader(reading, read)
    try:
        yield writing
    finally:
        loop.remove_reader(reading)
        os.close(reading)
        os.close(writing)
