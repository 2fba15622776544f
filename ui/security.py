"""What stands before every page: security headers with a nonce per response, and the gates of origin and password."""

import secrets
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.config import is_loopback

LOGIN_COOKIE = "decant_login"
OPEN_PATHS = frozenset({"/health", "/login", "/favicon.ico"})

# NiceGUI evaluates its own messages and Vue compiles templates, hence unsafe-eval; scripts in markup stay forbidden.
# Images of other sites are loaded in frames of their own, after a click (ui/pages/remote_image.py).
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' 'nonce-{nonce}'; script-src-attr 'none'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer the page's own forms would say "Origin: null" (Fetch, section 3.1).
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class OriginGate:
    """Turns away what a page of another site asks for, and, where nobody signs in, every name but this machine's own.

    A page elsewhere can point a name of its own at 127.0.0.1 ("DNS rebinding") and can open sockets anywhere: browsers
    say in `Origin` who asks (RFC 6454, section 7.3; RFC 6455, section 10.2). What says none is no page of a browser.
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
        hosts = [host.strip().lower() for host in headers.getlist("host")]
        forwarded = [name.strip().lower() for name in headers.get("x-forwarded-host", "").split(",") if name.strip()]
        names = hosts + forwarded
        is_here = len(hosts) == 1 and all(is_loopback(_name(name)) for name in names)
        if self._is_local and scope["path"] != "/health" and not is_here:
            return (
                "This page has no password and answers to this machine's own names only: set UI_PASSWORD, or UI_OPEN=1."
            )
        origins = headers.getlist("origin")
        if origins and not (len(origins) == 1 and _is_own(origins[0], names, scope.get("scheme", "http"))):
            return (
                "A page of another site asked for this. If it was this page, then a proxy has changed its name: "
                "let it pass on Host, with the port, or X-Forwarded-Host, and name it in FORWARDED_ALLOW_IPS."
            )
        return None


def _name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if port.isascii() and port.isdecimal() and name else host


def _is_own(origin: str, names: list[str], scheme: str) -> bool:
    """Whether an origin is a name of this page; one by http is not where the page is asked for by https."""
    asked_by, _, place = origin.lower().partition("://")
    default = {"http": ":80", "https": ":443"}.get(asked_by)
    if default is None or (asked_by == "http" and scheme in {"https", "wss"}):
        return False
    return bool(place) and place.removesuffix(default) in {name.removesuffix(default) for name in names if name}


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
            for name, value in FIXED_HEADERS.items():
                headers.setdefault(name, value)
            is_page = headers.get("content-type", "").startswith("text/html")
            if is_page and "content-security-policy" not in headers:
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
