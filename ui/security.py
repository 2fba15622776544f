"""What stands before every page: security headers with a nonce per response, and the gates of origin and password."""

import ipaddress
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.config import is_loopback

LOGIN_COOKIE = "decant_login"
OPEN_PATHS = frozenset({"/health", "/login", "/favicon.ico"})

# NiceGUI evaluates its own messages and Vue compiles templates, hence unsafe-eval; scripts in markup stay forbidden.
# Remote images are loaded only after a click, which elements enforce.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' 'nonce-{nonce}'; script-src-attr 'none'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: http: https:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer the page's own forms would say "Origin: null" (Fetch, section 3.1).
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Proxies:
    """The addresses and networks whose word about a request is taken; `*` is everybody's."""

    def __init__(self, allowed: str) -> None:
        self._is_everybody = allowed == "*"
        words = [] if self._is_everybody else allowed.split(",")
        self._networks = [ipaddress.ip_network(word) for word in words if word]

    def include(self, host: str) -> bool:
        """Say whether a peer is one of them."""
        if self._is_everybody:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


class ForwardedGate:
    """Takes away what anybody but a trusted proxy says of the address that was asked for."""

    def __init__(self, app: ASGIApp, *, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        peer = scope.get("client")
        if "headers" in scope and not self._proxies.include(peer[0] if peer else ""):
            kept = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-forwarded-")]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, send)


class OriginGate:
    """Turns away what a page of another site asks for, and, where nobody signs in, every name but this machine's own.

    A page elsewhere can point a name of its own at 127.0.0.1 ("DNS rebinding") and can open sockets anywhere: browsers
    say in `Origin` who asks (RFC 6454, section 7.3; RFC 6455, section 10.2).
    """

    def __init__(self, app: ASGIApp, *, is_local: bool) -> None:
        self._app = app
        self._is_local = is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or turn it away."""
        if scope["type"] not in {"http", "websocket"} or (refusal := self._refusal(scope)) is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(refusal, 403)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = HTTPConnection(scope).headers
        hosts = [host.lower() for host in headers.getlist("host")]
        if self._is_local and scope["path"] != "/health" and (len(hosts) != 1 or not is_loopback(_name(hosts[0]))):
            return (
                "This page has no password and answers to this machine's own names only: set UI_PASSWORD, or UI_OPEN=1."
            )
        origin = headers.get("origin")
        accepted = {_without_default_port(host) for host in (*hosts, headers.get("x-forwarded-host", "").lower())}
        if origin is not None and _origin_host(origin) not in accepted - {""}:
            return "Another site's page asked for this."
        return None


def _name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if port.isdecimal() and name else host


def _without_default_port(host: str) -> str:
    name = _name(host)
    return name if host.removeprefix(name) in {":80", ":443"} else host


def _origin_host(origin: str) -> str:
    try:
        return _without_default_port(urlsplit(origin).netloc.lower())
    except ValueError:
        return ""


class SecurityHeaders:
    """Adds the headers to every response, and to the scripts of every page the nonce they need to run."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self._app(scope, receive, _Sender(send).send if scope["type"] == "http" else send)


class _Sender:
    """Holds back the body of an HTML response until it is whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(FIXED_HEADERS)
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif self._start and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self._start)
            return
        await self._send(message)

    async def _send_page(self, start: Message) -> None:
        nonce = secrets.token_urlsafe(16)
        body = self._body.replace(b"<script", f'<script nonce="{nonce}"'.encode())
        headers = MutableHeaders(scope=start)
        headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
        headers["Cache-Control"] = "no-store"
        headers["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


class PasswordGate:
    """Lets nobody through to pages, their sockets and their files who is not signed in."""

    def __init__(
        self, app: ASGIApp, accepts: Callable[[str | None], bool], open_paths: frozenset[str] = OPEN_PATHS
    ) -> None:
        self._app = app
        self._accepts = accepts
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or turn it away."""
        if scope["type"] not in {"http", "websocket"} or self._is_open(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif "text/html" in HTTPConnection(scope).headers.get("accept", ""):
            await RedirectResponse(f"{scope.get('root_path', '')}/login", 303)(scope, receive, send)
        else:
            await PlainTextResponse("Sign in first.", 401)(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return path in self._open_paths or self._accepts(HTTPConnection(scope).cookies.get(LOGIN_COOKIE))
