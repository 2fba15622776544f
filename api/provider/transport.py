"""Requests to the provider and their responses: a body comes out as it arrives, one piece for what one read brought.

A kept connection that turns out to be dead is replaced by another one. One whose body was not read to its end is never
used again.
"""

import socket
import time
from collections.abc import Callable, Mapping

from api.hub import arrivals
from api.provider.chunked_body import MalformedResponseError
from api.provider.connections import Connections
from api.provider.exchange import Exchange
from api.provider.http1 import BodyDecoder, EncodedBodyError, OpenBodyDecoder, body_decoder, decode_head, encode_request

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
        self, method: str, path: str, body: bytes = b"", *, exchange: Exchange, limit_seconds: float | None = None
    ) -> "Response":
        """Send a request within the exchange, and return its response once the headers are there.

        The whole of the response has `limit_seconds`, from its connection on.

        Raises:
            FOREIGN_ERRORS: the server cannot be reached, or does not answer.
        """
        request = self._encoded(method, path, body)
        while True:
            kept = self._connections.take()
            connected = kept or self._connections.connect(self._connect_timeout_seconds)
            response = Response(connected, exchange, self._connections)
            try:
                response.begin(request, limit_seconds)
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
        self._ends_at: float | None = None
        self._first = b""
        self._receive_arrived: Callable[[int], bytes] = _nothing

    @property
    def is_success(self) -> bool:
        """Say whether the server did what it was asked."""
        return 200 <= self.status < 300

    def begin(self, request: bytes, limit_seconds: float | None) -> None:
        """Send the request and wait for the headers.

        Raises:
            EncodedBodyError: the body is compressed, although the request asks for one that is not.
        """
        if self._connected is None:
            return
        self._exchange.attach(self._connected)
        self._connected.settimeout(limit_seconds)
        if limit_seconds is not None:
            self.limit_time(limit_seconds)
        self._connected.sendall(request)
        received = b""
        self._receive_arrived = self._connected.recv
        while (decoded := decode_head(received)) is None:
            received += self._receive()
            self.has_begun = True
        head, rest = decoded
        self.status, self.headers = head.status, head.headers
        self._keeps_connection = head.keeps_connection
        self._body = body_decoder(head)
        if head.headers.get("content-encoding", "").lower() not in ("", "identity"):
            self.close()
            if self.is_success:
                raise EncodedBodyError
            return
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
            body = self._decode(self._body, self._receive())
        return body

    def read_all(self, limit: int) -> bytes:
        """Read to the end of the body, or until there is more than `limit` of it.

        Raises:
            FOREIGN_ERRORS: the connection broke, or the response has taken longer than it may.
        """
        body = bytearray()
        try:
            while len(body) < limit and (received := self.read()):
                body += received
        finally:
            self.close()
        return bytes(body)

    def limit_time(self, seconds: float) -> None:
        """Let reads fail which have not come to their end in so much time from now, however many there are."""
        self._ends_at = time.monotonic() + seconds

    def close(self) -> None:
        """Read no more: the connection is closed, unless it is kept already."""
        self._let_go(is_kept=False)

    def _receive(self) -> bytes:
        if self._ends_at is not None and self._connected is not None:
            left_seconds = self._ends_at - time.monotonic()
            if left_seconds <= 0:
                raise TimeoutError
            self._connected.settimeout(left_seconds)
        received = self._receive_arrived(READ_SIZE)
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
        return body

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
