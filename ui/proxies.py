"""What proxies say of a request, believed only where it comes from one that FORWARDED_ALLOW_IPS names."""

import ipaddress
import re

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PREFIX = b"x-forwarded-prefix"
_PREFIX = re.compile(rb"(?:/[\w.~%!$&'()*+,;=:@-]+){1,20}/?", re.ASCII)
MAX_PREFIX = 500


class TrustedProxies:
    """Takes scheme and client from trusted proxies, and their X-Forwarded-* headers from everybody else.

    A prefix stands before every address of the page, so that also a trusted proxy, which may hand on what a client
    has sent, can only say a path.
    """

    def __init__(self, app: ASGIApp, *, trusted: str) -> None:
        self._app = app
        self._proxied = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as it was asked for."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        if scope.get("client"):
            scope = {**scope, "client": (_unmapped(scope["client"][0]), scope["client"][1])}
        peer = scope["client"][0] if scope.get("client") else None
        if peer in self._proxied.trusted_hosts:
            headers = [(name, value) for name, value in scope["headers"] if name != PREFIX or _is_path(value)]
            await self._proxied({**scope, "headers": headers}, receive, send)  # type: ignore[arg-type]
        else:
            headers = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-forwarded-")]
            await self._app({**scope, "headers": headers}, receive, send)


def _unmapped(address: str) -> str:
    """Return an IPv4 address as one, also where the socket takes both kinds (RFC 4291, section 2.5.5.2)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or parsed) if isinstance(parsed, ipaddress.IPv6Address) else address


def _is_path(prefix: bytes) -> bool:
    return len(prefix) <= MAX_PREFIX and (not prefix or _PREFIX.fullmatch(prefix) is not None)
