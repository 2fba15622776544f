"""The provider's HTTP connections: pooled, kept alive, and cut by another thread at any moment.

`httpx2` asks, `urllib3` pools, and a body comes out as it arrives: what one read brought is one piece. An `Exchange` is
one request with its response; whoever holds it may `close` it, which shuts the socket down under a blocked read. A
connection whose body was not read to its end is never used again.
"""

import http.client
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx2
import urllib3
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from api.chunked_body import ChunkedBodyDecoder, MalformedBodyError

READ_SIZE = 16 * 1024
ERROR_BODY_LIMIT = 64 * 1024

_current_exchange: ContextVar["Exchange | None"] = ContextVar("current_exchange", default=None)

TRANSLATIONS: tuple[tuple[type[Exception], type[httpx2.TransportError], str], ...] = (
    (urllib3_errors.NameResolutionError, httpx2.ConnectError, "its host name is unknown"),
    (urllib3_errors.NewConnectionError, httpx2.ConnectError, "nothing accepts connections there"),
    (urllib3_errors.ConnectTimeoutError, httpx2.ConnectTimeout, "no connection in time"),
    (urllib3_errors.TimeoutError, httpx2.ReadTimeout, "no answer in time"),
    (urllib3_errors.ProxyError, httpx2.ProxyError, "the proxy does not connect"),
    (urllib3_errors.SSLError, httpx2.ConnectError, "TLS fails, often for a certificate that is not trusted"),
    (urllib3_errors.ProtocolError, httpx2.RemoteProtocolError, "the connection broke"),
    (urllib3_errors.LocationValueError, httpx2.UnsupportedProtocol, "the address is not a web address"),
    (urllib3_errors.HTTPError, httpx2.ProtocolError, "the connection failed"),
    (http.client.HTTPException, httpx2.RemoteProtocolError, "the connection broke"),
    (ssl.SSLError, httpx2.ReadError, "TLS fails"),
    (OSError, httpx2.ReadError, "the connection broke"),
    (ValueError, httpx2.LocalProtocolError, "the request cannot be sent"),
)


class ProviderTransport(httpx2.BaseTransport):
    """Sends requests to the server of `base_url`, through the proxy which the environment names for it."""

    def __init__(self, base_url: str, *, max_connections: int) -> None:
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        options: dict[str, Any] = {
            "maxsize": max_connections,
            "block": False,
            "ssl_context": context,
            "socket_options": _socket_options(),
        }
        proxy = _proxy_for(base_url)
        self._pools = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        self._pools.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request within the current exchange and answer as soon as the headers are there."""
        exchange = _current_exchange.get() or Exchange()
        with exchange.carried(), _translated():
            response = self._send(request, exchange)
        limit = ERROR_BODY_LIMIT if response.status >= 400 else None
        headers = list(response.headers.items())
        return httpx2.Response(response.status, headers=headers, stream=_Body(response, exchange, limit))

    def close(self) -> None:
        """Close the idle connections."""
        self._pools.clear()

    def _send(self, request: httpx2.Request, exchange: "Exchange") -> urllib3.BaseHTTPResponse:
        limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
        while True:
            try:
                return self._pools.urlopen(
                    request.method,
                    str(request.url),
                    body=request.read(),
                    headers=dict(request.headers),
                    timeout=urllib3.Timeout(connect=limits.get("connect"), read=limits.get("read")),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
            except urllib3_errors.TimeoutError:
                raise
            except urllib3_errors.HTTPError:
                if not exchange.met_stale_connection:
                    raise


class Exchange:
    """One request and its response, which any thread may close, any number of times, before, during and after it."""

    def __init__(self) -> None:
        self.is_closed = False
        self.is_reused = False
        self.has_begun = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._twin: socket.socket | None = None

    @property
    def met_stale_connection(self) -> bool:
        """Say whether a kept connection was dead already, so that the server never saw the request."""
        return self.is_reused and not self.has_begun and not self.is_closed

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

    def attach(self, connected: socket.socket, *, is_reused: bool) -> None:
        """Run over this socket from here on."""
        # A twin of the file descriptor: shutting it down neither touches the state of a TLS socket nor races its close.
        twin = socket.fromfd(connected.fileno(), connected.family, connected.type)
        self.detach()
        with self._lock:
            self.is_reused, self.has_begun = is_reused, False
            self._socket, self._twin = connected, twin
            if self.is_closed:
                self._shut_down()

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


class _ArrivingResponse(http.client.HTTPResponse):
    """Its `read1` gives what has arrived at once, not one HTTP chunk at a time, and its end frees the exchange."""

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self._exchange = _current_exchange.get()
        self._body = ChunkedBodyDecoder()

    def begin(self) -> None:
        if self._exchange is not None and self.fp.peek(1):
            self._exchange.has_begun = True
        super().begin()

    def read1(self, size: int = -1) -> bytes:
        if not self.chunked or self.fp is None:
            return super().read1(size)
        body = b""
        while not body and not self._body.is_complete:
            received = self.fp.read1(READ_SIZE)
            if not received:
                raise http.client.IncompleteRead(b"")
            try:
                body = self._body.feed(received)
            except MalformedBodyError as exc:
                raise http.client.HTTPException(str(exc)) from exc
        if self._body.is_complete:
            self.close()
        return body

    def close(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.detach()
        super().close()


class _Connection(HTTPConnection):
    """Gives its socket to the current exchange before it sends anything."""

    response_class = _ArrivingResponse
    _is_fresh = False

    def connect(self) -> None:
        super().connect()
        self._is_fresh = True

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        if self.sock is None:
            self.connect()
        # The timeout so far was the one for connecting; sending takes as long as the exchange stays open.
        self.sock.settimeout(None)
        if exchange := _current_exchange.get():
            exchange.attach(self.sock, is_reused=not self._is_fresh)
        self._is_fresh = False
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: urllib3.BaseHTTPResponse, exchange: Exchange, limit: int | None) -> None:
        self._response = response
        self._exchange = exchange
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        with _translated():
            while received := self._response.read1(READ_SIZE):
                yield received
                size += len(received)
                if self._limit is not None and size >= self._limit:
                    return

    def close(self) -> None:
        self._exchange.detach()
        self._response.close()
        self._response.release_conn()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except tuple(foreign for foreign, _, _ in TRANSLATIONS) as exc:
        for foreign, error, reason in TRANSLATIONS:
            if isinstance(exc, foreign):
                raise error(reason) from exc
        raise


def _proxy_for(base_url: str) -> str | None:
    address = urlsplit(base_url)
    host = address.hostname or ""
    if host in ("localhost", "127.0.0.1", "::1") or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(address.scheme) or proxies.get("all")


def _socket_options() -> list[tuple[int, int, int]]:
    """Send at once, and notice a kept connection that a router has forgotten."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options
