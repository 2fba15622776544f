import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from nicegui import Client
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect

from tests.support.opened_page import OpenedPage
from tests.support.processes import WAIT_SECONDS, Server, running_ui
from ui.pages.sockets import MAX_WAITING, WaitingPages


@pytest.fixture(scope="module")
def page_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("page")
    with running_ui(folder, API_URL="http://127.0.0.1:9") as ui:
        yield ui


@pytest.fixture
def socket(page_process: Server) -> Iterator[ClientConnection]:
    """The socket of a page that was opened."""
    html = requests.get(page_process.url, timeout=WAIT_SECONDS).text
    page_id = re.search(r"'client_id': '([^']+)'", html)[1]
    query = f"client_id={page_id}&tab_id=t&document_id=d&implicit_handshake=true&next_message_id=0"
    address = f"{page_process.url.replace('http', 'ws')}/_nicegui_ws/socket.io/?EIO=4&transport=websocket&{query}"
    with connect(address, origin=page_process.url, close_timeout=0.1) as opened:
        opened.page_id = page_id
        opened.recv(WAIT_SECONDS)
        opened.send("40")
        assert opened.recv(WAIT_SECONDS).startswith("40")
        yield opened


@pytest.mark.parametrize(
    "frame",
    [
        "42{",
        '42["event"]',
        '42["event","x"]',
        '42["event",{"client_id":"PAGE"}]',
        '42["event",{"client_id":"PAGE","id":5,"listener_id":"x","args":["{"]}]',
        '42["ack",{"client_id":"PAGE","next_message_id":"x"}]',
        '42["log",{"client_id":"PAGE","level":"x"}]',
        '42["javascript_response",{"client_id":"PAGE"}]',
        '42["handshake",{}]',
        "42" + "[" * 2000,
        b"\x00\x01",
    ],
)
def test_a_socket_that_sends_what_no_page_sends_is_closed(socket: ClientConnection, frame: str | bytes) -> None:
    socket.send(frame.replace("PAGE", socket.page_id) if isinstance(frame, str) else frame)
    with contextlib.suppress(ConnectionClosedOK):
        while (received := socket.recv(WAIT_SECONDS)) != "1":
            assert received[:1] in "24"


def test_junk_fills_no_log(page_process: Server, socket: ClientConnection) -> None:
    before = len(page_process.logged())
    for number in range(2000):
        socket.send(f'42["log",{{"client_id":"{socket.page_id}","level":"error","message":"{number}{"x" * 900}"}}]')
    for _ in range(50):
        socket.send("99")
    assert requests.get(f"{page_process.url}/health", timeout=WAIT_SECONDS).text == "ok"
    assert len(page_process.logged()) - before < 20_000


def test_of_many_waiting_pages_the_oldest_of_the_busiest_network_goes() -> None:
    waiting = WaitingPages(most=3)
    assert [waiting.add(name, "198.51.100.7") for name in ("a", "b")] == [None, None]
    assert waiting.add("c", "203.0.113.9") is None
    assert waiting.add("d", "203.0.113.10") == "a"
    waiting.remove("b")
    waiting.remove("b")
    assert waiting.add("e", "2001:db8::1") is None
    assert waiting.add("f", "2001:db8::2") == "e"


async def test_pages_that_never_get_a_socket_are_bounded(page: OpenedPage) -> None:
    mine = page.user.client
    for _ in range(MAX_WAITING + 5):
        assert (await page.user.http_client.get("/")).status_code == 200
    assert len(Client.instances) <= MAX_WAITING + 1
    assert mine.id in Client.instances
