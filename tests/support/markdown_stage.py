"""The page of `markdown_page` in a process of its own, and how a test drives it."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.processes import WAIT_SECONDS, Server, clean_environment, free_port

READY = "window.did_handshake && document.querySelector('#app > *')"


class Stage:
    """The server of the page; what is appended goes to the element of the page that was opened last."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self.port = port
        self.url = server.url

    def post(self, path: str, body: Any = None, text: str | None = None) -> None:
        """Call one of the page's ways to drive it."""
        sent: dict[str, Any] = {"json": body} if text is None else {"data": text.encode()}
        requests.post(f"{self.url}/{path}", timeout=WAIT_SECONDS, **sent).raise_for_status()

    def append(self, text: str) -> None:
        """Append to the growing element."""
        self.post("append", text=text)

    def seqs(self) -> list[int]:
        """Return how many frames of each element have been sent."""
        seqs: list[int] = requests.get(f"{self.url}/seqs", timeout=WAIT_SECONDS).json()
        return seqs

    def finish(self) -> None:
        """Finish the growing element."""
        self.post("finish")


@contextlib.contextmanager
def running_stage(folder: Path, *options: str) -> Iterator[Stage]:
    """Run the page."""
    port = free_port()
    command = [sys.executable, "-m", "tests.support.markdown_page", str(port), *options]
    server = Server(command, clean_environment(), port, folder / f"markdown-{port}.log")
    try:
        server.wait_until_healthy()
        yield Stage(server, port)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The page, shared by the tests of a module."""
    with running_stage(tmp_path_factory.mktemp("stage")) as running:
        yield running
        assert "Traceback" not in running.server.logged(), running.server.logged()


@pytest.fixture(scope="module")
def guarded_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The page with the product's security headers, shared by the tests of a module."""
    with running_stage(tmp_path_factory.mktemp("stage"), "--policy") as running:
        yield running
        assert "Traceback" not in running.server.logged(), running.server.logged()
