"""The login page: plain HTML without a socket, so that nothing of NiceGUI answers those who are not signed in."""

import asyncio
import html
from collections.abc import Callable
from urllib.parse import parse_qs

from nicegui import Client, app, core
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ui import texts, theme
from ui.auth import LoginSessions, LoginThrottle, Password
from ui.config import Config
from ui.security import LOGIN_COOKIE
from ui.theme.stylesheet import Look, prefix_of

MAX_FORM_BYTES = 8192
FORM_SECONDS = 10.0

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="{viewport}">
{head}
</head>
<body class="login">
<main>
<form class="login-card" method="post" action="login">
<h1>{title}</h1>
<p>{caption}</p>
<label for="password">{label}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus{invalid}>
<p class="login-problem" id="problem" role="alert">{problem}</p>
<button class="login-button" type="submit">{button}</button>
</form>
</main>
</body>
</html>
"""


def register(
    config: Config, look: Look, password: Password, sessions: LoginSessions, clock: Callable[[], float]
) -> None:
    """Register the routes that sign a browser in and out."""
    throttle = LoginThrottle()

    def page(request: Request, problem: str = "") -> str:
        return _page(config, f"{look.head}\n{look.link(prefix_of(request))}", problem)

    @app.get("/login")
    def show_login(request: Request) -> Response:
        return HTMLResponse(page(request))

    @app.post("/login")
    async def sign_in(request: Request) -> Response:
        address = request.client.host if request.client else ""
        attempt = throttle.attempt(address, clock())
        if attempt.wait_seconds:
            seconds = str(int(attempt.wait_seconds) + 1)
            problem = texts.LOGIN_THROTTLED.format(seconds=seconds)
            return HTMLResponse(page(request, problem), 429, {"Retry-After": seconds})
        await asyncio.sleep(attempt.pause_seconds)
        if not password.matches(await _sent_password(request)):
            return HTMLResponse(page(request, texts.LOGIN_WRONG), 401)
        throttle.succeed(address)
        return _signed_in(request, sessions)

    @app.post("/logout")
    async def sign_out(request: Request) -> Response:
        cookie = request.cookies.get(LOGIN_COOKIE)
        sessions.revoke(cookie)
        await _close_pages(cookie)
        response = _to_page(request)
        response.delete_cookie(LOGIN_COOKIE, path=_root(request))
        return response


def _signed_in(request: Request, sessions: LoginSessions) -> Response:
    response = _to_page(request)
    response.set_cookie(
        LOGIN_COOKIE,
        sessions.create(),
        max_age=sessions.max_age_seconds,
        path=_root(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


async def _close_pages(cookie: str | None) -> None:
    # Their sockets were opened while the cookie was good and would stay open.
    for client in [
        client for client in Client.instances.values() if client.request.cookies.get(LOGIN_COOKIE) == cookie
    ]:
        await core.sio.emit("run_javascript", {"code": "window.location.reload()"}, room=client.id)
        client.delete()


def _page(config: Config, head: str, problem: str) -> str:
    return PAGE.format(
        title=html.escape(config.title),
        caption=html.escape(config.caption),
        viewport=theme.VIEWPORT,
        head=head,
        label=texts.LOGIN_PASSWORD,
        button=texts.LOGIN_BUTTON,
        problem=html.escape(problem),
        invalid=' aria-invalid="true" aria-describedby="problem"' if problem else "",
    )


async def _sent_password(request: Request, seconds: float = FORM_SECONDS) -> str:
    body = b""
    try:
        async with asyncio.timeout(seconds):
            async for received in request.stream():
                body += received
                if len(body) > MAX_FORM_BYTES:
                    return ""
    except TimeoutError:
        return ""
    return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")) + "/"


def _to_page(request: Request) -> Response:
    return RedirectResponse(_root(request), 303)
