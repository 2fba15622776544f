import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from nicegui import Client
from nicegui.testing import User, user_simulation
from starlette.requests import Request
from starlette.types import Message

from ui import texts
from ui.config import read_config
from ui.main import build
from ui.pages import login
from ui.security import LOGIN_COOKIE

HTML = {"Accept": "text/html"}


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with user_simulation() as user:
        build(read_config({"UI_PASSWORD": "sesame", "UI_TITLE": "<b>Cellar</b>", "API_URL": "http://127.0.0.1:9"}))
        yield user.http_client


async def sign_in(browser: httpx.AsyncClient, password: str = "sesame") -> httpx.Response:
    return await browser.post("/login", data={"password": password})


async def test_a_stranger_is_led_to_the_login_page(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/", headers=HTML, follow_redirects=True)
    assert (response.url.path, response.status_code) == ("/login", 200)
    assert texts.LOGIN_PASSWORD in response.text
    assert "&lt;b&gt;Cellar" in response.text
    assert Client.instances == {}


async def test_the_password_opens_the_page_and_signing_out_closes_it(browser: httpx.AsyncClient) -> None:
    response = await sign_in(browser)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert (await browser.get("/", headers=HTML)).headers["x-nicegui-content"] == "page"
    copied = browser.cookies[LOGIN_COOKIE]
    assert (await browser.post("/logout")).status_code == 303
    assert (await browser.get("/", headers=HTML)).status_code == 303
    browser.cookies.set(LOGIN_COOKIE, copied)
    assert (await browser.get("/", headers=HTML)).status_code == 303


async def test_guesses_whose_bodies_come_later_are_counted_at_their_beginning(browser: httpx.AsyncClient) -> None:
    bodies = asyncio.Event()

    async def late(guess: str) -> AsyncIterator[bytes]:
        await bodies.wait()
        yield f"password={guess}".encode()

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    guesses = [f"wrong{number}" for number in range(50)] + ["sesame"]
    sent = [asyncio.create_task(browser.post("/login", content=late(guess), headers=form)) for guess in guesses]
    await asyncio.sleep(0)
    bodies.set()
    statuses = [response.status_code for response in await asyncio.gather(*sent)]
    assert (statuses.count(401), statuses.count(429)) == (5, 46)


async def test_a_password_that_never_comes_is_not_waited_for() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("never")

    assert await login._sent_password(Request({"type": "http"}, receive), seconds=0.01) == ""


async def test_signing_out_closes_the_pages_of_that_login_only(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    mine = await User(browser).open("/")
    async with httpx.AsyncClient(transport=browser._transport, base_url="http://test") as other_browser:
        await sign_in(other_browser)
        theirs = await User(other_browser).open("/")
        await browser.post("/logout")
    assert (mine.is_deleted, theirs.is_deleted) == (True, False)


async def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: httpx.AsyncClient) -> None:
    cookie = (await sign_in(browser)).headers["set-cookie"].lower()
    assert cookie.startswith(LOGIN_COOKIE)
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


async def test_behind_https_the_cookie_stays_there(browser: httpx.AsyncClient) -> None:
    response = await browser.post("https://test/login", data={"password": "sesame"})
    assert "secure" in response.headers["set-cookie"].lower()


@pytest.mark.parametrize("password", ["", "Sesame", "sesame\n", "x" * 10000])
async def test_a_wrong_password_is_said_to_be_wrong(browser: httpx.AsyncClient, password: str) -> None:
    response = await sign_in(browser, password)
    assert response.status_code == 401
    assert texts.LOGIN_WRONG in response.text
    assert LOGIN_COOKIE not in response.headers.get("set-cookie", "")


async def test_guessing_is_slowed_down_even_with_the_right_password_at_the_end(browser: httpx.AsyncClient) -> None:
    for guess in range(5):
        assert (await sign_in(browser, f"guess {guess}")).status_code == 401
    response = await sign_in(browser)
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 60


async def test_health_needs_no_password(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/health")
    assert (response.status_code, response.text) == (200, "ok")


async def test_without_a_password_there_is_no_login() -> None:
    async with user_simulation() as user:
        build(read_config({"API_URL": "http://127.0.0.1:9"}))
        assert (await user.http_client.get("/", headers={**HTML, "Host": "localhost"})).status_code == 200
        assert (await user.http_client.get("/login", headers={"Host": "localhost"})).status_code == 404
