"""Requests to the provider and their responses: a body comes out as it arrives, one piece for what one read brought.

A kept connection that turns out to be dead is replaced by another one. One whose body was not read to its end is never
used again.
"""

import socket
import zlib
from collections.abc import Callable, Mapping

from api.hub import arrivals
from api.provider.chunked_body import MalformedResponseError
from api.provider.connections import Connections
from api.provider.exchange import Exchange
from api.provider.http1 import BodyDecoder, OpenBodyDecoder, body_decoder, decode_head, encode_request

READ_SIZE = 16 * 1024


class Transport:
    """Sends requests to the server of `base_url`, all with the same headers."""

    def __init__(
        self, base_url: str, headers: Mapping[str, str], *, max_connections: int, connect_timeout_seconds: float = 5.0
    ) -> None:
        self._connections = Connections(base_url, max_idle=max_connections)
        self._headers = headers
        self._connect_timeout_seconds = connect_timeout_seconds

    def send(
        self, method: str, path: str, body: bytes = b"", *, exchange: Exchange, timeout_seconds: float | None = None
    ) -> "Response":
        """Send a request within the exchange, and return its response once the headers are there.

        A read or write that takes longer than the timeout fails.

        Raises:
            FOREIGN_ERRORS: the server cannot be reached, or does not answer.
        """
        request = self._encoded(method, path, body)
        while True:
            kept = self._connections.take()
            connected = kept or self._connections.connect(self._connect_timeout_seconds)
            response = Response(connected, exchange, self._connections)
            try:
                response.begin(request, timeout_seconds)
            except BaseException as exc:
                response.close()
                is_broken = isinstance(exc, OSError | MalformedResponseError) and not isinstance(exc, TimeoutError)
                # A kept connection that was dead already: the server never saw the request.
                if kept is None or response.has_begun or exchange.is_closed or not is_broken:
                    raise
            else:
                return response

    def _encoded(self, method: str, path: str, body: bytes) -> bytes:
        server = self._connections.server
        target = (server.path or "").rstrip("/") + path
        if self._connections.takes_whole_addresses:
            target = f"{server.scheme}://{server.netloc}{target}"
        return encode_request(method, target, {"host": server.netloc or "", **self._headers}, body)


class Response:
    """A response over a connection, which is kept for others once the body was read to its end.

    `has_begun` says that its first byte was there.
    """

    def __init__(self, connected: socket.socket, exchange: Exchange, connections: Connections) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.has_begun = False
        self._connected: socket.socket | None = connected
        self._exchange = exchange
        self._connections = connections
        self._keeps_connection = False
        self._body: BodyDecoder | None = None
        self._inflate: Callable[[bytes], bytes] | None = None
        self._first = b""
        self._receive_arrived: Callable[[int], bytes] = _nothing

    @property
    def is_success(self) -> bool:
        """Say whether the server did what it was asked."""
        return 200 <= self.status < 300

    def begin(self, request: bytes, timeout_seconds: float | None) -> None:
        """Send the request and wait for the headers."""
        if self._connected is None:
            return
        self._exchange.attach(self._connected)
        self._connected.settimeout(timeout_seconds)
        self._connected.sendall(request)
        received = b""
        while (decoded := decode_head(received)) is None:
            received += self._received(self._connected.recv(READ_SIZE))
            self.has_begun = True
        head, rest = decoded
        self.status, self.headers = head.status, head.headers
        self._keeps_connection = head.keeps_connection
        self._body = body_decoder(head)
        self._inflate = _inflate(head.headers)
        self._first = self._decode(self._body, rest)
        if self._connected is not None:
            self._receive_arrived = arrivals(self._connected)

    def read(self) -> bytes:
        """Wait for bytes of the body and give all that are there, or nothing at its end.

        Raises:
            FOREIGN_ERRORS: the connection broke.
        """
        body, self._first = self._first, b""
        while not body and self._connected is not None and self._body is not None:
            body = self._decode(self._body, self._received(self._receive_arrived(READ_SIZE)))
        return body

    def read_all(self, limit: int) -> bytes:
        """Read to the end of the body, or until there is more than `limit`."""
        pieces, size = [], 0
        try:
            while size < limit and (received := self.read()):
                pieces.append(received)
                size += len(received)
        finally:
            self.close()
        return b"".join(pieces)

    def limit_silence(self, seconds: float) -> None:
        """Let reads which take longer fail."""
        if self._connected is not None:
            self._connected.settimeout(seconds)

    def close(self) -> None:
        """Read no more: the connection is closed, unless it is kept already."""
        self._let_go(is_kept=False)

    def _received(self, received: bytes) -> bytes:
        if not received:
            if not isinstance(self._body, OpenBodyDecoder):
                raise MalformedResponseError("The connection ended within the response.")
            self.close()
        return received

    def _decode(self, decoder: BodyDecoder, received: bytes) -> bytes:
        body = decoder.feed(received)
        if decoder.is_complete:
            # In front of everything that lets others have the connection, the exchange lets go of it.
            self._let_go(is_kept=self._keeps_connection and not decoder.has_excess)
        return self._inflate(body) if self._inflate is not None else body

    def _let_go(self, *, is_kept: bool) -> None:
        connected, self._connected = self._connected, None
        if connected is not None:
            self._receive_arrived = _nothing
            self._exchange.detach()
            if is_kept:
                self._connections.keep(connected)
            else:
                connected.close()


def _nothing(_size: int) -> bytes:
    return b""


def _inflate(headers: Mapping[str, str]) -> Callable[[bytes], bytes] | None:
    """Decode what a server compresses although it was told not to."""
    is_compressed = headers.get("content-encoding", "").lower() in ("gzip", "x-gzip", "deflate")
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress if is_compressed else None
