import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from ui.security import LOGIN_COOKIE, ForwardedGate, OriginGate, PasswordGate, Proxies, SecurityHeaders

PAGE = "<html><script>one()</script><p>Grüße</p><script type=module src=x></script></html>"


async def page(_: Request) -> Response:
    return HTMLResponse(PAGE)


async def pieces(_: Request) -> Response:
    async def body() -> AsyncIterator[str]:
        yield "<scr"
        yield "ipt>one()</script>"

    return StreamingResponse(body(), media_type="text/html")


async def text(_: Request) -> Response:
    return PlainTextResponse("<script>")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


ROUTES = [
    Route("/", page),
    Route("/pieces", pieces),
    Route("/health", text),
    Route("/login", page),
    WebSocketRoute("/_nicegui_ws/socket.io", socket),
]


def visitor(app: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")  # type: ignore[arg-type]


@pytest.fixture
def headers_app() -> SecurityHeaders:
    return SecurityHeaders(Starlette(routes=ROUTES))


@pytest.fixture
def gate() -> PasswordGate:
    return PasswordGate(Starlette(routes=ROUTES), lambda cookie: cookie == "good")


async def test_every_script_of_a_page_has_the_nonce_of_its_response(headers_app: SecurityHeaders) -> None:
    async with visitor(headers_app) as client:
        first, second = await client.get("/"), await client.get("/")
    nonces = set(re.findall(r'<script nonce="([^"]+)"', first.text))
    assert len(nonces) == 1
    assert first.text.count("<script") == first.text.count("<script nonce=")
    assert f"'nonce-{nonces.pop()}'" in first.headers["content-security-policy"]
    assert first.headers["content-security-policy"] != second.headers["content-security-policy"]
    assert "Grüße" in first.text


async def test_a_page_sent_in_pieces_gets_its_nonces_too(headers_app: SecurityHeaders) -> None:
    async with visitor(headers_app) as client:
        response = await client.get("/pieces")
    assert '<script nonce="' in response.text


async def test_inline_scripts_and_framing_are_forbidden(headers_app: SecurityHeaders) -> None:
    async with visitor(headers_app) as client:
        headers = (await client.get("/")).headers
    policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert "unsafe-inline" not in policy["script-src"]
    assert (policy["frame-ancestors"], policy["object-src"], policy["base-uri"]) == ("'none'", "'none'", "'none'")
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
    assert headers["cache-control"] == "no-store"


async def test_other_responses_are_passed_on_unchanged(headers_app: SecurityHeaders) -> None:
    async with visitor(headers_app) as client:
        response = await client.get("/health")
    assert response.text == "<script>"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/unknown", "/_nicegui/3/static/x.js", "/_nicegui_ws/socket.io/?EIO=4"])
@pytest.mark.parametrize("cookie", [None, "bad"])
async def test_the_gate_lets_no_stranger_through(gate: PasswordGate, path: str, cookie: str | None) -> None:
    async with visitor(gate) as client:
        cookies = {"Cookie": f"{LOGIN_COOKIE}={cookie}"} if cookie else {}
        page = await client.get(path, headers={**cookies, "Accept": "text/html"})
        other = await client.get(path, headers={**cookies, "Accept": "*/*"})
        sent = await client.post(path, headers={**cookies, "Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert (sent.status_code, other.status_code) == (303, 401)


@pytest.mark.parametrize("path", ["/health", "/login"])
async def test_what_must_be_open_is(gate: PasswordGate, path: str) -> None:
    async with visitor(gate) as client:
        assert (await client.get(path)).status_code == 200


async def test_who_is_signed_in_passes(gate: PasswordGate) -> None:
    async with visitor(gate) as client:
        assert (await client.get("/", headers={"Cookie": f"{LOGIN_COOKIE}=good"})).status_code == 200


@pytest.mark.parametrize(("cookie", "answer"), [("bad", "websocket.close"), ("good", "websocket.accept")])
async def test_a_socket_is_opened_only_for_who_is_signed_in(gate: PasswordGate, cookie: str, answer: str) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"cookie", f"{LOGIN_COOKIE}={cookie}".encode())]
    path = "/_nicegui_ws/socket.io"
    scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "subprotocols": []}
    await gate(scope, receive, send)
    assert sent[0]["type"] == answer


async def test_the_gate_knows_its_paths_behind_a_prefix(gate: PasswordGate) -> None:
    transport = httpx.ASGITransport(gate, root_path="/decant")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/decant/health")).status_code == 200
        page = await client.get("/decant/", headers={"Accept": "text/html"})
    assert page.headers["location"] == "/decant/login"


@pytest.fixture
def local() -> OriginGate:
    return OriginGate(Starlette(routes=ROUTES), is_local=True)


@pytest.fixture
def public() -> OriginGate:
    return OriginGate(Starlette(routes=ROUTES), is_local=False)


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost.:8100", "a.localhost", "127.0.0.1:8100", "127.9.9.9", "[::1]:8100"]
)
async def test_a_page_without_a_password_answers_to_this_machine_s_names(local: OriginGate, host: str) -> None:
    async with visitor(local) as browser:
        assert (await browser.get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8100", "127.0.0.1.evil.example", "10.0.0.1"])
async def test_a_page_without_a_password_answers_to_no_other_name(local: OriginGate, host: str) -> None:
    async with visitor(local) as browser:
        assert (await browser.get("/", headers={"Host": host})).status_code == 403
        assert (await browser.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("chat.example", "https://chat.example", 200),
        ("chat.example:443", "https://chat.example", 200),
        ("localhost:8100", "http://localhost:8100", 200),
        ("localhost:8100", "http://localhost:3000", 403),
        ("chat.example", "https://evil.example", 403),
        ("chat.example", "null", 403),
        ("chat.example", "", 403),
    ],
)
async def test_only_the_page_s_own_origin_is_answered(public: OriginGate, host: str, origin: str, status: int) -> None:
    async with visitor(public) as browser:
        assert (await browser.get("/", headers={"Host": host, "Origin": origin})).status_code == status


async def test_a_proxy_may_say_what_the_page_is_called(public: OriginGate) -> None:
    headers = {"Host": "127.0.0.1:8100", "X-Forwarded-Host": "chat.example", "Origin": "https://chat.example"}
    async with visitor(public) as browser:
        assert (await browser.get("/", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("host", "origin", "closed"),
    [
        (b"localhost:8100", b"http://localhost:8100", False),
        (b"localhost:8100", b"https://evil.example", True),
        (b"evil.example", b"http://evil.example", True),
    ],
)
async def test_a_socket_of_another_site_is_closed(local: OriginGate, host: bytes, origin: bytes, closed: bool) -> None:
    sent: list[Message] = []
    scope = {
        "type": "websocket",
        "path": "/_nicegui_ws/socket.io",
        "headers": [(b"host", host), (b"origin", origin)],
        "query_string": b"",
        "root_path": "",
    }

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await local(scope, receive, send)
    assert (sent[0] == {"type": "websocket.close", "code": 1008}) == closed


@pytest.mark.parametrize(
    ("allowed", "peer", "is_believed"),
    [
        ("127.0.0.1,::1", "127.0.0.1", True),
        ("127.0.0.1,::1", "::1", True),
        ("127.0.0.1,::1", "10.0.0.1", False),
        ("127.0.0.1,::1", "127.0.0.11", False),
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.0/8", "", False),
        ("*", "192.0.2.7", True),
        ("*", "", True),
    ],
)
async def test_what_is_forwarded_is_believed_of_trusted_proxies_only(
    allowed: str, peer: str, is_believed: bool
) -> None:
    seen: list[dict[str, str]] = []

    async def note(request: Request) -> Response:
        seen.append(dict(request.headers))
        return PlainTextResponse("")

    gate = ForwardedGate(Starlette(routes=[Route("/", note)]), proxies=Proxies(allowed))
    transport = httpx.ASGITransport(gate, client=(peer, 1))  # type: ignore[arg-type]
    headers = {"X-Forwarded-Prefix": "/evil", "X-Forwarded-Host": "evil.example", "X-Other": "kept"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as browser:
        await browser.get("/")
    assert ("x-forwarded-prefix" in seen[0], "x-forwarded-host" in seen[0]) == (is_believed, is_believed)
    assert seen[0]["x-other"] == "kept"
