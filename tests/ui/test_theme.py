import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from nicegui.testing import user_simulation

from tests.support.processes import ROOT
from ui.config import read_config
from ui.main import build
from ui.theme.stylesheet import FOLDER, INLINED, LINKED, read_look

LOOK = read_look()
PAIRS = [
    ("ink", "paper"),
    ("ink", "bubble"),
    ("ink", "surface"),
    ("ink-soft", "paper"),
    ("ink-soft", "surface"),
    ("ink-soft", "raised"),
    ("accent", "paper"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("error", "error-soft"),
    ("error", "paper"),
    ("ink", "error-soft"),
]


def palette(selector: str) -> dict[str, str]:
    block = (FOLDER / "tokens.css").read_text(encoding="utf-8").split(f"{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("selector", [":root", ':root[data-theme="dark"]'])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(selector: str, text: str, ground: str) -> None:
    colours = palette(selector)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("text", [LOOK.head, LOOK.sheet], ids=["head", "sheet"])
def test_nothing_is_fetched_from_elsewhere(text: str) -> None:
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "@import" not in text
    assert set(re.findall(r"url\((.{6})", text)) <= {'"data:'}


def test_every_sheet_has_one_place_in_the_cascade() -> None:
    assert sorted([*INLINED, *LINKED]) == sorted(path.stem for path in FOLDER.glob("*.css"))


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r"^\.icon-([a-z-]+) \{", LOOK.sheet, re.MULTILINE))
    used: set[str] = set()
    for path in (ROOT / "ui").rglob("*.py"):
        calls = re.findall(r"(?:icon=|add_icon\()([^,)]*)", path.read_text(encoding="utf-8"))
        used |= set(re.findall(r'"([a-z-]+)"', " ".join(calls)))
    for path in (ROOT / "ui").rglob("*.js"):
        used |= set(re.findall(r'[ "]icon-([a-z-]*[a-z])["\s]', path.read_text(encoding="utf-8")))
    assert {"send", "stop", "copy", "warning", "stopped"} <= used
    assert used <= drawn


@pytest.fixture
def password() -> str:
    """The password of the page: none, if a test does not say so."""
    return ""


@pytest.fixture
async def browser(password: str) -> AsyncIterator[httpx.AsyncClient]:
    """What asks the page and is not signed in."""
    async with user_simulation() as user:
        build(read_config({"API_URL": "http://127.0.0.1:9", "UI_PASSWORD": password}))
        user.http_client.headers["Host"] = "localhost"
        yield user.http_client


def linked(page: httpx.Response) -> str:
    (address,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
    return address


@pytest.mark.parametrize("name", LINKED)
def test_the_address_of_the_sheet_changes_with_its_content(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "theme")
    assert read_look(folder) == LOOK
    with (folder / f"{name}.css").open("a", encoding="utf-8") as sheet:
        sheet.write("/* more */")
    assert read_look(folder).path != LOOK.path


@pytest.mark.parametrize("address", ["/", "/t/5d4cfa5c-0a9b-4a4d-8a43-1f2f9b3ad3b5"])
async def test_a_page_has_its_colours_and_links_to_the_rest(browser: httpx.AsyncClient, address: str) -> None:
    page = await browser.get(address)
    assert linked(page) == LOOK.path
    assert page.text.index("--paper: #fbfaf8") < page.text.index(LOOK.path)
    assert page.text.count("<script") == page.text.count("<script nonce=")
    assert ".composer-card" not in page.text


async def test_a_browser_keeps_the_sheet_for_good(browser: httpx.AsyncClient) -> None:
    response = await browser.get(LOOK.path)
    assert (response.status_code, response.text) == (200, LOOK.sheet)
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


UNKNOWN = ["/theme/0123456789abcdef.css", "/theme/tokens.css", "/theme/", f"{LOOK.path}.map"]


@pytest.mark.parametrize("address", UNKNOWN)
async def test_no_other_sheet_is_there(browser: httpx.AsyncClient, address: str) -> None:
    response = await browser.get(address)
    assert (response.status_code, response.text) == (404, "There is no such page.")
    assert "cache-control" not in response.headers


@pytest.mark.parametrize("password", ["sesame"])
async def test_a_stranger_gets_the_login_page_with_its_look_and_no_more(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/", headers={"Accept": "text/html"}, follow_redirects=True)
    assert page.url.path == "/login"
    assert LOOK.head.partition("<style>")[2] in page.text
    assert (await browser.get(linked(page))).text == LOOK.sheet
    assert {(await browser.get(address)).status_code for address in UNKNOWN} == {401}


@pytest.mark.parametrize("password", ["sesame", ""])
@pytest.mark.parametrize(("root", "forwarded"), [("/decant", ""), ("", "/proxy"), ("/decant", "/proxy")])
async def test_the_link_knows_what_proxies_strip(browser: httpx.AsyncClient, root: str, forwarded: str) -> None:
    transport = httpx.ASGITransport(browser._transport.app, root_path=root)
    headers = {"X-Forwarded-Prefix": forwarded, "Accept": "text/html"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as proxy:
        opened = await proxy.get(f"{root}/")
        page = opened if opened.status_code == 200 else await proxy.get(f"{root}/login")
        assert linked(page) == f"{forwarded}{root}{LOOK.path}"
        assert (await proxy.get(f"{root}{LOOK.path}")).text == LOOK.sheet


async def test_a_prefix_stays_in_its_attribute(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/", headers={"X-Forwarded-Prefix": "/a&b"})
    assert linked(page) == f"/a&amp;b{LOOK.path}"
    page = await browser.get("/", headers={"X-Forwarded-Prefix": '/a&b"><script>'})
    assert linked(page) == LOOK.path
