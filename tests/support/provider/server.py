"""The scripted provider: an OpenAI-compatible server on a real socket which does what a test told it to.

POST   /script   {"model", "scenarios": [{…}]}   requests for this model get these in turn, the last one for ever;
                                                 the model "/v1/models" scripts the list of models
POST   /release  {"model"}                        lets the answers of this model go on that are held
GET    /log      {"open_connections", "calls"}   what happened, times by the machine's monotonic clock;
                                                 /log/<model> has the calls of one model
DELETE /log                                      forgets calls and scripts
"""

import asyncio
import json
import socket
import ssl
import struct
import time
from collections import defaultdict, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.support.provider.answer import BURST_BYTES, document, pieces
from tests.support.provider.scenario import Scenario


@dataclass
class Call:
    """One request to the model and what became of it."""

    model: str
    path: str
    connection: int
    headers: dict[str, str]
    body: dict[str, Any]
    received_at: float
    headers_sent_at: float | None = None
    chunks_sent_at: list[float] = field(default_factory=list)
    ended_at: float | None = None
    client_closed_at: float | None = None


@dataclass(frozen=True)
class Request:
    """One HTTP request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Provider:
    """The scripts, the log and the open connections."""

    def __init__(self, *, is_quiet: bool = False) -> None:
        self.connections: set[Connection] = set()
        self.connection_count = 0
        self.calls: list[Call] = []
        self._is_quiet = is_quiet
        self._scripts: dict[str, deque[Scenario]] = defaultdict(deque)
        self._released: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def script(self, model: str, scenarios: list[dict[str, Any]]) -> None:
        """Replace what requests for this model get."""
        self._scripts[model] = deque(Scenario(**scenario) for scenario in scenarios)
        self._released.pop(model, None)

    def released(self, model: str) -> asyncio.Event:
        """Return what is set once the held answers of this model may go on."""
        return self._released[model]

    def next_scenario(self, model: str) -> Scenario:
        """Take the scenario for a request."""
        script = self._scripts[model]
        if not script:
            return Scenario()
        return script.popleft() if len(script) > 1 else script[0]

    def models(self) -> list[str]:
        """List the models that have a script, or the one everybody has."""
        return [model for model in self._scripts if not model.startswith("/")] or ["echo"]

    def begin(self, call: Call) -> Call:
        """Write a call into the log."""
        if not self._is_quiet:
            self.calls.append(call)
        return call

    def log(self, model: str) -> dict[str, Any]:
        """Tell what happened so far, with one model or with all; the connection that asks does not count."""
        calls = [asdict(call) for call in self.calls if model in ("", call.model)]
        return {"open_connections": len(self.connections) - 1, "calls": calls}

    def forget(self) -> None:
        """Forget calls and scripts."""
        self.calls.clear()
        self._scripts.clear()
        self._released.clear()


class Connection(asyncio.Protocol):
    """One client: requests in, answers out, and the moment it goes away."""

    transport: asyncio.Transport

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._received = b""
        self._answer: asyncio.Task[None] | None = None
        self._call: Call | None = None
        self._may_write = asyncio.Event()
        self._resets_next = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._may_write.set()
        self._provider.connections.add(self)
        self._provider.connection_count += 1
        self._number = self._provider.connection_count

    def data_received(self, data: bytes) -> None:
        if self._resets_next:
            self._reset()
            return
        self._received += data
        self._answer_next()

    def eof_received(self) -> None:
        self._client_is_gone()

    def connection_lost(self, exc: Exception | None) -> None:
        self._provider.connections.discard(self)
        self._client_is_gone()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def _client_is_gone(self) -> None:
        if self._call is not None and self._call.ended_at is None and self._call.client_closed_at is None:
            self._call.client_closed_at = time.monotonic()
        if self._answer is not None:
            self._answer.cancel()

    def _answer_next(self) -> None:
        if self._answer is not None or (request := self._take_request()) is None:
            return
        self._answer = asyncio.create_task(self._respond(request))
        self._answer.add_done_callback(self._answered)

    def _answered(self, answer: asyncio.Task[None]) -> None:
        self._answer = self._call = None
        if answer.cancelled():
            self.transport.close()
        elif failure := answer.exception():
            self.transport.abort()
            raise failure
        elif not self.transport.is_closing():
            self._answer_next()

    def _take_request(self) -> Request | None:
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return None
        request_line, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = request_line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        self._received = rest[length:]
        return Request(method, path, headers, rest[:length])

    async def _respond(self, request: Request) -> None:
        body = json.loads(request.body or b"{}")
        match request.method, request.path:
            case "POST", "/script":
                self._provider.script(body["model"], body["scenarios"])
                self._send_whole(200, {}, b"{}")
            case "POST", "/release":
                self._provider.released(body["model"]).set()
                self._send_whole(200, {}, b"{}")
            case "GET", path if path.startswith("/log"):
                model = path.removeprefix("/log").removeprefix("/")
                self._send_whole(200, {}, json.dumps(self._provider.log(model)).encode())
            case "DELETE", "/log":
                self._provider.forget()
                self._send_whole(200, {}, b"{}")
            case "GET", "/v1/models":
                await self._list_models(self._begin(request, "/v1/models", body))
            case "POST", "/v1/chat/completions":
                await self._complete(self._begin(request, str(body.get("model")), body))
            case _:
                self._send_whole(404, {}, b'{"error": {"message": "No such route."}}')

    def _begin(self, request: Request, model: str, body: dict[str, Any]) -> Call:
        self._call = self._provider.begin(
            Call(model, request.path, self._number, request.headers, body, time.monotonic())
        )
        return self._call

    async def _list_models(self, call: Call) -> None:
        scenario = self._provider.next_scenario("/v1/models")
        await asyncio.sleep(scenario.wait_before_headers)
        models = [{"id": model, "object": "model"} for model in self._provider.models()]
        listed = json.dumps({"object": "list", "data": models})
        self._send_whole(scenario.status, scenario.headers, (scenario.body or listed).encode())
        call.ended_at = time.monotonic()

    async def _complete(self, call: Call) -> None:
        scenario = self._provider.next_scenario(call.model)
        if scenario.wait_before_headers:
            await asyncio.sleep(scenario.wait_before_headers)
        if scenario.held_after_chunks == 0:
            await self._provider.released(call.model).wait()
        refused = next((option for option in scenario.rejects if option in call.body), None)
        if scenario.ending == "reset_before_headers":
            self._reset()
        elif refused is not None:
            error = {"error": {"message": f"Unsupported parameter: '{refused}'", "code": "unsupported_parameter"}}
            self._send_whole(400, {}, json.dumps(error).encode())
        elif scenario.body is not None:
            self._send_whole(scenario.status, scenario.headers, scenario.body.encode())
        elif not call.body.get("stream"):
            self._send_whole(200, scenario.headers, document(scenario, call.body))
        else:
            await self._stream(scenario, call)
        call.ended_at = time.monotonic()

    async def _stream(self, scenario: Scenario, call: Call) -> None:
        answer = pieces(scenario, call.body)
        framing = {
            "chunked": {"transfer-encoding": "chunked"},
            "until_close": {"connection": "close"},
            "content_length": {"content-length": str(sum(len(piece) for _, piece in answer))},
        }[scenario.framing]
        self._send_head(scenario.status, {"content-type": "text/event-stream"} | framing | scenario.headers)
        call.headers_sent_at = time.monotonic()
        await self._send_paced(scenario, call, answer)
        await self._end(scenario)

    async def _send_paced(self, scenario: Scenario, call: Call, answer: list[tuple[float, bytes]]) -> None:
        is_chunked = scenario.framing == "chunked"
        started_at = time.monotonic() + scenario.wait_before_first_chunk
        waiting, size = [], 0
        for position, (due, piece) in enumerate(answer):
            if position and position == scenario.held_after_chunks:
                self._write(waiting)
                await self._provider.released(call.model).wait()
                started_at = time.monotonic() - due
            if started_at + due > time.monotonic():
                self._write(waiting)
                size = 0
                await self._wait_until(started_at + due, scenario, is_chunked)
            waiting.append(_http_chunk(piece) if is_chunked else piece)
            call.chunks_sent_at.append(time.monotonic())
            size += len(piece)
            if size > BURST_BYTES or scenario.bytes_per_write:
                self._write(waiting)
                size = 0
                await self._may_write.wait()
        self._write(waiting)

    def _write(self, waiting: list[bytes]) -> None:
        if waiting:
            self.transport.write(b"".join(waiting))
            waiting.clear()

    async def _wait_until(self, moment: float, scenario: Scenario, is_chunked: bool) -> None:
        """Sleep, sending comments in between when the scenario has them."""
        while (left := moment - time.monotonic()) > 0:
            if not scenario.comment_every or left < scenario.comment_every:
                await asyncio.sleep(left)
            else:
                await asyncio.sleep(scenario.comment_every)
                comment = b": keep-alive\n\n"
                self.transport.write(_http_chunk(comment) if is_chunked else comment)

    async def _end(self, scenario: Scenario) -> None:
        match scenario.ending:
            case "hang":
                await self._wait_until(float("inf") if not scenario.comment_every else 1e12, scenario, is_chunked=True)
            case "reset":
                # What was sent before has to arrive first: a reset overtakes what still waits to be sent.
                await asyncio.sleep(0.02)
                self._reset()
            case "cut":
                self.transport.close()
            case ending:
                if scenario.framing == "chunked":
                    self.transport.write(b"0\r\n\r\n")
                self._resets_next = ending == "complete_then_reset_next"
                if scenario.framing == "until_close" or ending == "complete_then_close":
                    self.transport.close()

    def _reset(self) -> None:
        connected = self.transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _send_whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
        content_type = "text/html" if body.lstrip().startswith(b"<") else "application/json"
        self._send_head(status, {"content-type": content_type, "content-length": str(len(body))} | headers, body)

    def _send_head(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 {status} Scripted\r\n{lines}\r\n".encode("latin-1") + body)


def _http_chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


async def serve(port: int, *, tls: ssl.SSLContext | None = None, is_quiet: bool = False) -> asyncio.Server:
    """Listen on loopback."""
    provider = Provider(is_quiet=is_quiet)
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(provider), "127.0.0.1", port, ssl=tls, backlog=1024)
