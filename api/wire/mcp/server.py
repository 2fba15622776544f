"""A server as a value: who it is, and the methods that it has; `answer` is one request from its parts to its result.

A method is a function of a `Call`; it gives the fields of its result, or an `Answering` where the answer takes time.
Everything that a server of the protocol does itself is here, whatever the methods are.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from api.wire.mcp.eras import Era
from api.wire.mcp.messages import Request, RequestId, encode_notification, encode_result, frame, is_request_id
from api.wire.mcp.protocol import (
    METHOD_NOT_FOUND,
    MODERN_VERSIONS,
    OLDER_VERSIONS,
    SERVER_FIELD,
    Fields,
    Headers,
    McpError,
)

HOUR_MS = 3_600_000
# How long a client may keep what a method gives; what is not here is not to be kept.
TTL_MS: Mapping[str, int] = {
    "server/discover": HOUR_MS,
    "tools/list": HOUR_MS,
    "prompts/list": HOUR_MS,
    "resources/templates/list": HOUR_MS,
    "resources/list": 0,
    "resources/read": 0,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to its method; `place` is an object of the transport's own."""

    request: Request
    era: Era
    session_id: str | None
    server: "Server"
    headers: Headers
    place: Any = None

    @property
    def params(self) -> Fields:
        """What the method is called with."""
        return self.request.params

    @property
    def progress_token(self) -> RequestId | None:
        """What the client wants its progress to be named, None where it wants none."""
        token = self.request.meta.get("progressToken")
        return token if is_request_id(token) else None

    def progress_frame(self, progress: float, message: str | None = None, total: float | None = None) -> bytes:
        """Encode how far the call is, nothing where the client does not want to know."""
        if self.progress_token is None:
            return b""
        params: Fields = {"progressToken": self.progress_token, "progress": progress}
        params |= {name: value for name, value in (("total", total), ("message", message)) if value is not None}
        return frame(encode_notification("notifications/progress", params))

    def encode(self, result: Fields) -> bytes:
        """Encode what the method gives as its generation has it."""
        return encode_result(self.request.request_id, self._completed(result) if self.era.is_modern else result)

    def result_frame(self, result: Fields) -> bytes:
        """Encode the last message of a stream."""
        return frame(self.encode(result))

    def _completed(self, result: Fields) -> Fields:
        meta = {**result.get("_meta", {}), SERVER_FIELD: self.server.identity}
        completed: Fields = {"resultType": "complete", **result, "_meta": meta}
        ttl = TTL_MS.get(self.request.method)
        if ttl is not None and completed["resultType"] == "complete":
            completed |= {"ttlMs": ttl, "cacheScope": "private"}
        return completed


class Answering(Protocol):
    """An answer that takes time, as frames of an event stream, the last of them the result; `close` may come early."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """Let go of it, whether it has begun or not; the second time does nothing."""


Method = Callable[[Call], "Fields | Answering"]


@dataclass(frozen=True, slots=True)
class Server:
    """Its `identity` (`name`, `title`, `version`), capabilities, instructions for models, and methods by name."""

    identity: Mapping[str, str]
    capabilities: Mapping[str, Any]
    instructions: str
    methods: Mapping[str, Method]

    def answer(self, call: Call) -> "Fields | Answering":
        """Return the result of a call, or what is on its way to it.

        Raises:
            McpError: There is no such method, or it refuses.
        """
        own = _MODERN if call.era.is_modern else _OLDER
        method = own.get(call.request.method) or self.methods.get(call.request.method)
        if method is None:
            raise McpError(METHOD_NOT_FOUND, f"There is no method {call.request.method!r} here.")
        return method(call)


def _discover(call: Call) -> Fields:
    server = call.server
    described = {"supportedVersions": list(MODERN_VERSIONS), "capabilities": server.capabilities}
    return {**described, "instructions": server.instructions}


def _initialize(call: Call) -> Fields:
    requested = call.params.get("protocolVersion")
    return {
        "protocolVersion": requested if requested in OLDER_VERSIONS else OLDER_VERSIONS[0],
        "capabilities": call.server.capabilities,
        "serverInfo": call.server.identity,
        "instructions": call.server.instructions,
    }


def _ping(_call: Call) -> Fields:
    return {}


_MODERN: Mapping[str, Method] = {"server/discover": _discover}
_OLDER: Mapping[str, Method] = {"initialize": _initialize, "ping": _ping}
