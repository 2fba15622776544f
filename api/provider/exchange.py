"""One HTTP request and its response, which another thread can end at any moment.

Whoever holds an `Exchange` may `close` it, which shuts the socket down under a blocked read, also while the server has
not sent its headers. A body comes out as it arrives: what one read brought is one piece.
"""

import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from api.hub import arrivals
from api.provider.chunked_body import ChunkedBodyDecoder

READ_SIZE = 16 * 1024

_current_exchange: ContextVar["Exchange | None"] = ContextVar("current_exchange", default=None)


def current_exchange() -> "Exchange | None":
    """Find the exchange which this thread or greenlet carries."""
    return _current_exchange.get()


class Exchange:
    """One request and its response, which any thread may close, any number of times, before, during and after it."""

    def __init__(self) -> None:
        self.is_closed = False
        self.response: ArrivingResponse | None = None
        self._is_reused = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._twin: socket.socket | None = None

    @property
    def met_stale_connection(self) -> bool:
        """Say whether a kept connection was dead already, so that the server never saw the request."""
        return self._is_reused and self.response is None and not self.is_closed

    @contextmanager
    def carried(self) -> Iterator[None]:
        """Make this the exchange of the requests sent inside, in this thread or greenlet."""
        token = _current_exchange.set(self)
        try:
            yield
        finally:
            _current_exchange.reset(token)

    def close(self) -> None:
        """End the exchange: a blocked read returns at once."""
        with self._lock:
            self.is_closed = True
            self._shut_down()

    def renew(self) -> None:
        """Forget about the connection so far: the request is about to be sent, for the first time or again."""
        self._is_reused, self.response = False, None

    def attach(self, connected: socket.socket, *, is_reused: bool) -> None:
        """Run over this socket from here on."""
        # A twin of the file descriptor: shutting it down neither touches the state of a TLS socket nor races its close.
        twin = socket.fromfd(connected.fileno(), connected.family, connected.type)
        self.detach()
        with self._lock:
            self._is_reused = is_reused
            self._socket, self._twin = connected, twin
            if self.is_closed:
                self._shut_down()

    def begin(self, response: "ArrivingResponse") -> None:
        """Take note of the response, of which the first byte is there."""
        self.response = response

    def detach(self) -> None:
        """Let go of the socket: its connection goes back to the pool, or is closed."""
        with self._lock:
            self._socket, twin, self._twin = None, self._twin, None
        if twin is not None:
            twin.close()

    def limit_silence(self, seconds: float) -> None:
        """Let reads which take longer fail; only for the thread that reads."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.settimeout(seconds)

    def _shut_down(self) -> None:
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


class ArrivingResponse(http.client.HTTPResponse):
    """Reads what has arrived at once, not one HTTP chunk at a time, and frees its exchange at the end."""

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self._exchange = current_exchange()
        self._chunks = ChunkedBodyDecoder()
        self._is_over = False
        self._socket = sock
        self._receive: Callable[[int], bytes] = self._receive_first

    def begin(self) -> None:
        """Wait for the headers and read them."""
        if self._exchange is not None and self.fp.peek(1):
            self._exchange.begin(self)
        super().begin()

    def read_arrived(self) -> bytes:
        """Wait for bytes of the body and give all that are there, or nothing at its end."""
        if self._is_over:
            return b""
        if self.chunked:
            chunks, body = self._chunks, b""
            while not body and not chunks.is_complete:
                received = self._receive(READ_SIZE)
                if not received:
                    raise http.client.IncompleteRead(b"")
                body = chunks.feed(received)
            self._is_over = chunks.is_complete
        else:
            body = self._receive(READ_SIZE if self.length is None else min(READ_SIZE, self.length))
            self._is_over = not body
            if self.length is not None:
                self.length -= len(body)
                if self.length and not body:
                    raise http.client.IncompleteRead(b"", self.length)
                self._is_over = not self.length
        if self._is_over:
            self.close()
        return body

    def _receive_first(self, _size: int) -> bytes:
        """Read all that came with the headers, which empties the buffer: it is not used again."""
        self._receive = arrivals(self._socket)
        limit = io.DEFAULT_BUFFER_SIZE
        return self.fp.read1(limit if self.length is None else min(limit, self.length))

    def close(self) -> None:
        """Free the exchange, in front of everything that lets others have the connection."""
        self._is_over = True
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.detach()
        super().close()
