"""`python -m api.mcp_server`: Decant's MCP server for clients that start a process; every message goes to `/mcp`.

Messages are lines of standard input and output; there is no tool in here. `API_URL` and `API_TOKEN` say where the API
is, which is the one that runs. Source: MCP 2026-07-28 and 2025-11-25, "Transports", "stdio".
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any

import orjson
import requests
from requests.adapters import HTTPAdapter

from api.config import ApiAddress, load_api_address
from api.environment import ConfigError
from api.wire.mcp.header_values import encode_value
from api.wire.mcp.messages import Message, Notification, Request, RequestId, encode_error, read_message
from api.wire.mcp.protocol import (
    INTERNAL_ERROR,
    METHOD_HEADER,
    NAME_HEADER,
    NAMED_BY,
    PARSE_ERROR,
    SESSION_HEADER,
    VERSION_FIELD,
    VERSION_HEADER,
    McpError,
)

MAX_LINE_BYTES = 32_000_000
MOST_AT_ONCE = 32
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 300.0
LEAVE_SECONDS = 2.0
CANCELLED = "notifications/cancelled"

Write = Callable[[bytes], None]


def main() -> int:
    """Forward until standard input ends."""
    try:
        address = load_api_address()
    except ConfigError as error:
        print(f"decant mcp: {error}", file=sys.stderr)  # noqa: T201
        return 1
    forwarder = Forwarder(address, _writer(sys.stdout.buffer))
    try:
        for line in _lines(sys.stdin.buffer):
            forwarder.take(line)
    except KeyboardInterrupt:
        pass
    finally:
        forwarder.close()
    return 0


class Forwarder:
    """Sends messages to the API and hands what it answers to `write`, in the order in which that comes."""

    def __init__(self, address: ApiAddress, write: Write) -> None:
        self._url = f"{address.url}/mcp"
        self._write = write
        self._agreed: dict[str, str] = {}  # what `initialize` has brought: headers of the requests that follow
        self._open: dict[tuple[type, RequestId], requests.Response | None] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="mcp")
        self._session = requests.Session()
        # A .netrc entry would replace the access token.
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": "decant-mcp", "Content-Type": "application/json"})
        self._session.headers["Accept"] = "application/json, text/event-stream"
        if address.token:
            self._session.headers["Authorization"] = f"Bearer {address.token}"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=MOST_AT_ONCE))

    def take(self, line: bytes) -> None:
        """Send a message on its way; what is none is answered here."""
        try:
            message = read_message(orjson.loads(line))
        except orjson.JSONDecodeError:
            self._write(encode_error(None, McpError(PARSE_ERROR, "The line is not JSON.")))
            return
        except McpError as error:
            self._write(encode_error(None, error))
            return
        if isinstance(message, Notification) and message.method == CANCELLED:
            self._let_go(message.params.get("requestId"))
        if isinstance(message, Request):
            with self._lock:
                self._open[_key(message.request_id)] = None
        self._pool.submit(self._forward, message, line)

    def close(self) -> None:
        """Wait a moment for what is on its way, then let go of it: the API cancels what nobody reads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = threading.Event()
        for _ in range(int(LEAVE_SECONDS / 0.05)):
            if not self._open:
                break
            deadline.wait(0.05)
        for _, request_id in list(self._open):
            self._let_go(request_id)

    def _forward(self, message: Message, line: bytes) -> None:
        try:
            self._exchange(message, line)
        except (requests.RequestException, OSError, McpError) as error:
            if isinstance(message, Request) and self._is_wanted(message):
                told = error if isinstance(error, McpError) else McpError(INTERNAL_ERROR, self._unreachable())
                self._write(encode_error(message.request_id, told))
        finally:
            if isinstance(message, Request):
                with self._lock:
                    self._open.pop(_key(message.request_id), None)

    def _exchange(self, message: Message, line: bytes) -> None:
        headers = self._headers(message)
        timeout = (CONNECT_SECONDS, SILENCE_SECONDS)
        with self._session.post(
            self._url, data=line, headers=headers, stream=True, timeout=timeout, allow_redirects=False
        ) as response:
            if not isinstance(message, Request):
                return
            with self._lock:
                is_wanted = _key(message.request_id) in self._open
                if is_wanted:
                    self._open[_key(message.request_id)] = response
            if is_wanted:
                for answer in _answers(response):
                    self._note_agreement(message, response, answer)
                    if self._is_wanted(message):
                        self._write(answer)

    def _headers(self, message: Message) -> dict[str, str]:
        if not isinstance(message, Request | Notification):
            return dict(self._agreed)
        meta = message.params.get("_meta")
        version = meta.get(VERSION_FIELD) if isinstance(meta, dict) else None
        if not isinstance(version, str):
            return dict(self._agreed) if message.method != "initialize" else {}
        headers = {VERSION_HEADER: encode_value(version), METHOD_HEADER: encode_value(message.method)}
        named = message.params.get(NAMED_BY.get(message.method, ""))
        if isinstance(named, str):
            headers[NAME_HEADER] = encode_value(named)
        return headers

    def _note_agreement(self, message: Request, response: requests.Response, answer: bytes) -> None:
        if message.method != "initialize" or not response.ok:
            return
        result = orjson.loads(answer).get("result")
        version = result.get("protocolVersion") if isinstance(result, dict) else None
        agreed = {VERSION_HEADER: version, SESSION_HEADER: response.headers.get(SESSION_HEADER)}
        self._agreed = {name: value for name, value in agreed.items() if value}

    def _let_go(self, request_id: Any) -> None:  # noqa: ANN401 - As the client wrote it.
        """End an exchange whose answer nobody wants any more."""
        if not isinstance(request_id, str | int):
            return
        with self._lock:
            response = self._open.pop(_key(request_id), None)
        if response is not None:
            with suppress(OSError, ValueError):
                response.raw.shutdown()

    def _is_wanted(self, message: Request) -> bool:
        return _key(message.request_id) in self._open

    def _unreachable(self) -> str:
        return f"Decant's API does not answer at {self._url}: is it running, and is API_URL right?"


def _answers(response: requests.Response) -> Iterator[bytes]:
    """Yield the messages of a response, each when it comes.

    Raises:
        McpError: It has none but says why.
    """
    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        for line in response.iter_lines():
            if line.startswith(b"data:"):
                yield line.removeprefix(b"data:").strip()
        return
    body = response.content
    said = _object(body)
    if said.get("jsonrpc") == "2.0":
        yield orjson.dumps(said)
        return
    sentence = said.get("error")
    if not isinstance(sentence, str):
        sentence = f"The address in API_URL answers with status {response.status_code}, but not like Decant's API."
    raise McpError(INTERNAL_ERROR, sentence, {"status": response.status_code})


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _key(request_id: RequestId) -> tuple[type, RequestId]:
    return type(request_id), request_id


def _lines(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines that are not empty, of one that is too long only the beginning, which is no JSON."""
    is_rest = False
    while line := source.readline(MAX_LINE_BYTES):
        if not is_rest and line.strip():
            yield line
        is_rest = not line.endswith(b"\n")


def _writer(output: IO[bytes]) -> Write:
    lock = threading.Lock()

    def write(message: bytes) -> None:
        with lock, suppress(BrokenPipeError):  # The client has gone, and its input ends too.
            output.write(message + b"\n")
            output.flush()

    return write


if __name__ == "__main__":
    sys.exit(main())
