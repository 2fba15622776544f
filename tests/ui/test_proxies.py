from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.proxies import TrustedProxies

SENT = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "chat.example",
    "X-Forwarded-Prefix": "/chat",
}


async def told(request: Request) -> Response:
    headers = {name: value for name, value in request.headers.items() if name.startswith("x-forwarded")}
    return JSONResponse({"client": request.client.host, "scheme": request.url.scheme, "headers": headers})


@pytest.fixture
def page() -> Callable[..., httpx.AsyncClient]:
    def asked_by(peer: str, trusted: str = "127.0.0.1,10.0.0.0/8") -> httpx.AsyncClient:
        app = TrustedProxies(Starlette(routes=[Route("/", told)]), trusted=trusted)
        transport = httpx.ASGITransport(app, client=(peer, 1))  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url="http://page")

    return asked_by


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3"])
async def test_a_trusted_proxy_is_believed(page: Callable[..., httpx.AsyncClient], peer: str) -> None:
    async with page(peer) as client:
        seen = (await client.get("/", headers=SENT)).json()
    assert (seen["client"], seen["scheme"]) == ("203.0.113.9", "https")
    assert seen["headers"]["x-forwarded-prefix"] == "/chat"


@pytest.mark.parametrize("peer", ["198.51.100.7", "::1", "::ffff:198.51.100.7"])
async def test_nobody_else_is(page: Callable[..., httpx.AsyncClient], peer: str) -> None:
    async with page(peer) as client:
        seen = (await client.get("/", headers=SENT)).json()
    assert seen == {"client": peer.removeprefix("::ffff:"), "scheme": "http", "headers": {}}


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "chat", "/a/../b\\c", "/<script>", "/" + "x" * 600, "/a b", "/\u00e9"]
)
async def test_a_prefix_that_is_no_path_is_left_out(page: Callable[..., httpx.AsyncClient], prefix: str) -> None:
    async with page("127.0.0.1") as client:
        seen = (await client.get("/", headers={"X-Forwarded-Prefix": prefix.encode("latin-1")})).json()
    assert seen["headers"] == {}
