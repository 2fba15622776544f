"""The provider's HTTP connections: pooled, kept alive, and cut by another thread at any moment.

`httpx2` asks, `urllib3` pools, and every connection runs under the current `Exchange`, by which another thread can end
it. A kept connection that turns out to be dead is replaced by another one; one whose body was not read to its end is
never used again.
"""

import http.client
import math
import socket
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx2
import urllib3
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from api.provider.chunked_body import MalformedBodyError
from api.provider.exchange import ArrivingResponse, Exchange, current_exchange

ERROR_BODY_LIMIT = 64 * 1024

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
    (TimeoutError, httpx2.ReadTimeout, "no answer in time"),
    (OSError, httpx2.ReadError, "the connection broke"),
    (MalformedBodyError, httpx2.RemoteProtocolError, "the connection broke"),
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
        if request.url.scheme not in ("http", "https"):
            raise httpx2.UnsupportedProtocol("the address is not a web address")
        exchange = current_exchange() or Exchange()
        with exchange.carried(), _translated():
            try:
                response = self._send(request, exchange)
            except BaseException:
                exchange.detach()
                raise
        headers = list(response.headers.items())
        body = _Body(response, exchange)
        return httpx2.Response(response.status, headers=headers, stream=body, extensions={"body": body})

    def close(self) -> None:
        """Close the idle connections."""
        self._pools.clear()

    def _send(self, request: httpx2.Request, exchange: Exchange) -> urllib3.BaseHTTPResponse:
        limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
        while True:
            exchange.renew()
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


class _Connection(HTTPConnection):
    """Gives its socket to the current exchange before it sends anything."""

    response_class = ArrivingResponse
    _is_fresh = False

    def connect(self) -> None:
        super().connect()
        self._is_fresh = True

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        if self.sock is None:
            self.connect()
        # The timeout so far was the one for connecting; sending takes as long as the exchange stays open.
        self.sock.settimeout(None)
        if exchange := current_exchange():
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
    def __init__(self, response: urllib3.BaseHTTPResponse, exchange: Exchange) -> None:
        self._response = response
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        arriving = self._exchange.response
        limit = ERROR_BODY_LIMIT if self._response.status >= 400 else math.inf
        with _translated():
            while limit > 0 and arriving and (received := arriving.read_arrived()):
                limit -= len(received)
                yield received
        if limit > 0:
            self._response.release_conn()

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
