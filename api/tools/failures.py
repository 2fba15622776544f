"""What can go wrong between us and a server, as sentences for whoever runs it, without its secrets."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx2
from mcp import MCPError
from pydantic import ValidationError

from api.tools.servers import McpServer

MAX_CHARS = 300
MOST_SAID = 3
SHORTEST_SECRET = 6
HIDDEN = "…"
NEEDS_TOKEN = (401, 403)

SESSION_ERROR = -32600  # With "session" in its text: a session that the server has forgotten (python-sdk issue 3556).


def is_session_lost(error: Exception) -> bool:
    """Say whether the server has forgotten us: it has not looked at the request."""
    is_refused = isinstance(error, MCPError) and abs(error.error.code) == -SESSION_ERROR
    return is_refused and "session" in str(error).lower()


def sentence_of(error: BaseException, server: McpServer, lines: Iterable[str] = (), status: int | None = None) -> str:
    """Say what went wrong and what to do about it; a `status` of HTTP says more than the error."""
    leaf = _leaves(error)[0]
    sentence = _sentence(leaf, server) if status is None or status < 400 else _of_status(status)
    last = [line for line in lines if line.strip()][-1:]
    told = f"{sentence} It said: {last[0].strip()}" if last and not isinstance(leaf, FileNotFoundError) else sentence
    for secret in sorted(_secrets(server), key=len, reverse=True):
        told = told.replace(secret, HIDDEN)
    return told[:MAX_CHARS]


def _secrets(server: McpServer) -> set[str]:
    """Return what of a configuration nobody is told: variables, headers, the environment."""
    values = {*server.secrets, *server.env.values(), *server.headers.values()}
    words = {word for value in values for word in value.split()} | values
    return {word for word in words if len(word) >= SHORTEST_SECRET}


def _address(url: str) -> str:
    """Return an address without what may be a key in it: a name, a password, a query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _sentence(leaf: BaseException, server: McpServer) -> str:
    if isinstance(leaf, FileNotFoundError):
        return f"There is no command {server.command!r} here: install it, or write its whole path."
    if isinstance(leaf, PermissionError):
        return f"The command {server.command!r} may not be run."
    if isinstance(leaf, TimeoutError):
        return "It has not answered in 10 seconds."
    if isinstance(leaf, httpx2.ConnectError):
        return f"Nothing answers at {_address(server.url)}: is it running?"
    if isinstance(leaf, MCPError):
        closed = leaf.error.message == "Connection closed"
        what = "The process has ended." if server.command else "The connection has ended."
        return what if closed else f"It says: {leaf.error.message}"
    if isinstance(leaf, ValidationError):
        said = "; ".join(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}" for wrong in leaf.errors()[:MOST_SAID])
        return f"It answers with what the protocol does not allow ({said})."
    return f"{type(leaf).__name__}: {leaf}" if str(leaf) else type(leaf).__name__


def _of_status(status: int) -> str:
    if status in NEEDS_TOKEN:
        return f"It wants a token (status {status}): add the key 'headers' with an Authorization."
    return f"It answers with the status {status}: check the key 'url'."


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [error]
