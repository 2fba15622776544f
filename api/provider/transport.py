"""Requests to the provider and their responses: a body comes out as it arrives, one piece for what one read brought.

A kept connection that turns out to be dead is replaced by another one. One whose body was not read to its end is never
used again.
"""

import socket
import time
from collections.abc import Callable, Mapping

from api.hub import arrivals, readable_within
from api.provider.chunked_body import MalformedResponseError
from api.provider.connections import Connections
from api.provider.exchange import Exchange
from api.provider.http1 import (
    BodyDecoder,
    EncodedBodyError,
    OpenBodyDecoder,
    ResponseHead,
    body_decoder,
    decode_head,
    encode_request,
)

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
        sending = Sending(self, self._encoded(method, path, body), exchange, limit_seconds)
        while (response := sending.wait(None)) is None:
            pass
        return response

    def begin(self, method: str, path: str, body: bytes = b"", *, exchange: Exchange) -> "Sending":
        """Prepare a request whose response is waited for a while at a time; raises where it cannot be said."""
        return Sending(self, self._encoded(method, path, body), exchange, None)

    def connect(self, exchange: Exchange, *, limit_seconds: float | None) -> "Response":
        """Return what will be a response, over a kept connection or a new one."""
        kept = self._connections.take()
        connected = kept or self._connections.connect(self._connect_timeout_seconds)
        return Response(connected, exchange, self._connections, is_kept=kept is not None, limit_seconds=limit_seconds)

    def _encoded(self, method: str, path: str, body: bytes) -> bytes:
        server = self._connections.server
        target = (server.path or "").rstrip("/") + path
        if self._connections.takes_whole_addresses:
            target = f"{server.scheme}://{server.netloc}{target}"
        return encode_request(method, target, {"host": server.netloc or "", **self._headers}, body)


class Sending:
    """A request on its way, sent once more where the kept connection it went over turns out to be dead."""

    def __init__(self, transport: Transport, request: bytes, exchange: Exchange, limit_seconds: float | None) -> None:
        self._transport = transport
        self._request = request
        self._exchange = exchange
        self._limit_seconds = limit_seconds
        self._response: Response | None = None

    def wait(self, seconds: float | None) -> "Response | None":
        """Return the response once its headers are there, None where they are not in so many seconds.

        Raises:
            FOREIGN_ERRORS: the server cannot be reached, or does not answer.
        """
        while True:
            response = self._response
            try:
                if response is None:
                    response = self._transport.connect(self._exchange, limit_seconds=self._limit_seconds)
                    self._response = response
                    response.send(self._request)
                return response if response.receive_head(seconds) else None
            except BaseException as exc:
                self._response = None
                if response is None:
                    raise
                response.close()
                is_broken = isinstance(exc, OSError | MalformedResponseError) and not isinstance(exc, TimeoutError)
                # A kept connection that was dead already: the server never saw the request.
                if not response.is_kept or response.has_begun or self._exchange.is_closed or not is_broken:
                    raise

    def close(self) -> None:
        """Give up waiting."""
        if self._response is not None:
            self._response.close()


class Response:
    """A response over a connection, which is kept for others once the body was read to its end.

    `is_kept` says that the connection has had others before, `has_begun` that the first byte was there.
    """

    def __init__(
        self,
        connected: socket.socket,
        exchange: Exchange,
        connections: Connections,
        *,
        is_kept: bool,
        limit_seconds: float | None,
    ) -> None:
        self.status = 0
        self.is_kept = is_kept
        self._limit_seconds = limit_seconds
        self._head = b""
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

    def send(self, request: bytes) -> None:
        """Send the request."""
        if self._connected is None:
            return
        self._exchange.attach(self._connected)
        self._connected.settimeout(self._limit_seconds)
        if self._limit_seconds is not None:
            self.limit_time(self._limit_seconds)
        self._connected.sendall(request)
        self._receive_arrived = self._connected.recv

    def receive_head(self, seconds: float | None) -> bool:
        """Wait for the headers, and say whether they are there; None waits until they are.

        Raises:
            EncodedBodyError: the body is compressed, although the request asks for one that is not.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while (decoded := decode_head(self._head)) is None:
            if until is not None and not self._is_readable(until - time.monotonic()):
                return False
            self._head += self._receive()
            self.has_begun = True
        self._begin_body(*decoded)
        return True

    def _begin_body(self, head: ResponseHead, rest: bytes) -> None:
        self._head = b""
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

    def read_within(self, seconds: float | None) -> bytes | None:
        """Give like `read` what is there in so many seconds, and None where nothing is; None waits until it is."""
        return self.read() if self._first or seconds is None or self._is_readable(seconds) else None

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

    def _is_readable(self, seconds: float) -> bool:
        return self._connected is None or readable_within(self._connected, max(seconds, 0.0))

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
