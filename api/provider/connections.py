"""Connections to the provider: made by urllib3, through the proxy of the environment, and kept while they are idle."""

import socket
import ssl
import urllib.request
import weakref
from collections import deque
from typing import Any

import certifi
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.util import Url, parse_url

_PORTS = {"http": 80, "https": 443}


class Connections:
    """Makes the connections to the server of `base_url`, and keeps at most `max_idle` that nobody uses."""

    def __init__(self, base_url: str, *, max_idle: int) -> None:
        self._max_idle = max_idle
        self._idle: deque[socket.socket] = deque()
        weakref.finalize(self, _close_all, self._idle)
        self._tls = ssl.create_default_context()
        self._tls.load_verify_locations(certifi.where())
        self._address = _web_address(base_url)
        self._proxy = self._address and _proxy_for(self._address)

    @property
    def server(self) -> Url:
        """The address of the server.

        Raises:
            LocationValueError: what was given is no web address.
        """
        if self._address is None:
            raise urllib3_errors.LocationValueError("This is not a web address.")
        return self._address

    @property
    def takes_whole_addresses(self) -> bool:
        """Say whether requests go to a proxy that reads them, and have to name the server."""
        return self._proxy is not None and self.server.scheme == "http"

    def take(self) -> socket.socket | None:
        """Return a kept connection that the server has not closed, the last one used first."""
        while True:
            try:
                connected = self._idle.pop()
            except IndexError:
                return None
            if _is_alive(connected):
                return connected
            connected.close()

    def keep(self, connected: socket.socket) -> None:
        """Keep a connection whose last response was read to its end."""
        if len(self._idle) < self._max_idle:
            self._idle.append(connected)
        else:
            connected.close()

    def connect(self, timeout_seconds: float) -> socket.socket:
        """Make a connection.

        Raises:
            HTTPError, HTTPException, OSError: of urllib3, http.client or the system.
        """
        connection = self._new(timeout_seconds)
        try:
            connection.connect()
        except BaseException as exc:
            connection.close()
            if self._proxy is not None and not connection.has_connected_to_proxy and isinstance(exc, Exception):
                raise urllib3_errors.ProxyError("The proxy does not connect.", exc) from exc
            if isinstance(exc, ssl.SSLError):
                raise urllib3_errors.SSLError(exc) from exc
            raise
        connected: socket.socket = connection.sock
        return connected

    def _new(self, timeout_seconds: float) -> HTTPConnection:
        server, proxy = self.server, self._proxy
        nearest = proxy or server
        if nearest.scheme not in _PORTS:
            raise urllib3_errors.ProxyError("A proxy of this kind is not known.", ValueError(nearest.scheme))
        where: dict[str, Any] = {
            "host": (nearest.host or "").strip("[]"),
            "port": nearest.port or _PORTS[nearest.scheme],
            "timeout": timeout_seconds,
            "socket_options": _socket_options(),
            "proxy": proxy,
        }
        if "https" not in (server.scheme, nearest.scheme):
            return HTTPConnection(**where)
        policy = ProxyConfig(self._tls, use_forwarding_for_https=False, assert_hostname=None, assert_fingerprint=None)
        connection = HTTPSConnection(**where, ssl_context=self._tls, proxy_config=policy)
        if proxy is not None and server.scheme == "https":
            connection.set_tunnel((server.host or "").strip("[]"), server.port or 443, scheme=proxy.scheme or "http")
        return connection


def _close_all(connections: deque[socket.socket]) -> None:
    while connections:
        connections.pop().close()


def _web_address(address: str) -> Url | None:
    try:
        url = parse_url(address)
    except urllib3_errors.LocationValueError:
        return None
    return url._replace(auth=None) if url.scheme in _PORTS and url.host else None


def _proxy_for(server: Url) -> Url | None:
    host = (server.host or "").strip("[]")
    if host in ("localhost", "127.0.0.1", "::1") or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(server.scheme or "") or proxies.get("all")
    return parse_url(proxy if "://" in proxy else f"http://{proxy}") if proxy else None


def _is_alive(connected: socket.socket) -> bool:
    """Say whether an idle connection may be used: there is nothing to read from it, not even its end."""
    try:
        connected.settimeout(0)
        connected.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        pass
    return False


def _socket_options() -> list[tuple[int, int, int]]:
    """Send at once, and notice a kept connection that a router has forgotten."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options
