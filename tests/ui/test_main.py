import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.support.processes import ROOT, WAIT_SECONDS, wait_for


class PageProcess:
    """The page as a process of its own, in an empty folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        environment = {**kept, "PYTHONPATH": str(ROOT), "UI_PORT": "0", "API_URL": "http://127.0.0.1:9", **settings}
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ui.main"], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    @property
    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        found: list[str] = []

        def is_up() -> bool:
            assert self.process.poll() is None, self.printed
            found.extend(re.findall(r"is at (\S+)", self.printed))
            return bool(found)

        wait_for(is_up)
        return found[0]

    def exit_code(self) -> int:
        return self.process.wait(WAIT_SECONDS)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., PageProcess]]:
    started: list[PageProcess] = []

    def start_page(**settings: str) -> PageProcess:
        folder = tmp_path / f"page-{len(started)}"
        folder.mkdir()
        started.append(PageProcess(folder, **settings))
        return started[-1]

    yield start_page
    for page in started:
        page.process.kill()
        page.process.wait(WAIT_SECONDS)


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageProcess]:
    """A page on every address of the machine."""
    settings = {"BIND_HOST": "::", "UI_OPEN": "1", "STORAGE_SECRET": "s" * 32}
    page = PageProcess(tmp_path_factory.mktemp("page"), WEB_CONCURRENCY="4", UI_TITLE="Cellar", **settings)
    yield page
    page.process.kill()
    page.process.wait(WAIT_SECONDS)


def test_every_address_means_ipv6_and_ipv4_whatever_web_concurrency_says(everywhere: PageProcess) -> None:
    port = everywhere.url.rsplit(":", 1)[1]
    for address in ("127.0.0.1", "[::1]"):
        assert requests.get(f"http://{address}:{port}/health", timeout=WAIT_SECONDS).text == "ok"


def test_a_page_is_not_kept_and_says_nothing_of_its_server(everywhere: PageProcess) -> None:
    response = requests.get(everywhere.url, timeout=WAIT_SECONDS)
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert "<title>Cellar</title>" in response.text
    assert "server" not in response.headers
    assert requests.get(f"{everywhere.url}/nothing/here", timeout=WAIT_SECONDS).status_code == 404


def test_the_page_prints_its_address_and_writes_no_file(everywhere: PageProcess) -> None:
    assert everywhere.printed == f"Cellar is at {everywhere.url}\n"
    assert list(everywhere.folder.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_page_quietly(start: Callable[..., PageProcess], how: signal.Signals) -> None:
    page = start()
    requests.get(page.url, timeout=WAIT_SECONDS)
    page.process.send_signal(how)
    assert page.process.wait(WAIT_SECONDS) in {0, -how}
    assert page.printed.count("\n") == 1


def test_a_bad_setting_is_one_sentence(start: Callable[..., PageProcess]) -> None:
    page = start(UI_MAX_STREAMS="many")
    assert page.exit_code() == 1
    assert page.printed == (
        "The page does not start. UI_MAX_STREAMS must be a whole number from 1 to 5000, not 'many'.\n"
    )


def test_a_taken_port_is_one_sentence(start: Callable[..., PageProcess]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        page = start(UI_PORT=str(port))
        assert page.exit_code() == 1
    assert re.fullmatch(rf"The page does not start\. BIND_HOST 127\.0\.0\.1 with port {port} .*\n", page.printed)


def test_no_other_site_gets_a_page_or_a_socket(start: Callable[..., PageProcess]) -> None:
    page = start()
    handshake = f"{page.url}/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    for address in (page.url, handshake, f"{page.url}/favicon.ico"):
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            assert requests.get(address, headers=headers, timeout=WAIT_SECONDS).status_code == 403, (address, headers)
    assert requests.get(handshake, headers={"Origin": page.url}, timeout=WAIT_SECONDS).status_code == 200


def test_a_proxy_that_is_trusted_says_that_it_is_https(start: Callable[..., PageProcess]) -> None:
    page = start(UI_PASSWORD="sesame")
    sent = {"X-Forwarded-Proto": "https"}
    response = requests.post(
        f"{page.url}/login", data={"password": "sesame"}, headers=sent, timeout=WAIT_SECONDS, allow_redirects=False
    )
    assert "Secure" in response.headers["set-cookie"]


def test_nobody_but_a_trusted_proxy_says_what_stands_before_the_path(start: Callable[..., PageProcess]) -> None:
    sent = {"X-Forwarded-Prefix": "/evil", "X-Forwarded-For": "192.0.2.7"}
    for trusted, is_believed in (("192.0.2.1", False), ("127.0.0.1", True)):
        page = start(FORWARDED_ALLOW_IPS=trusted)
        assert ("/evil/" in requests.get(page.url, headers=sent, timeout=WAIT_SECONDS).text) is is_believed
