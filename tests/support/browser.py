"""A real Chromium for tests, which finds no host but this machine; what asks for another is recorded.

The resolver keeps it in. To intercept requests would cost more, and would switch off the browser's cache: the pages of
a module share a context, so that its scripts are fetched and compiled once. To open a page costs 1.25 s of CPU so, with
the processes that serve it, and 2.1 s with interception and a context for each (six pages, twice, on a busy machine).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, expect, sync_playwright

from tests.support.missing import program
from tests.support.processes import WAIT_SECONDS

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]",
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass
class Visit:
    """One page of the browser, with what it asked for and what went wrong in it."""

    page: Page
    foreign_requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Record requests to other hosts and script errors, dismiss and record dialogs."""
        self.page.context.on("request", self._on_request)
        self.page.on("websocket", self._on_request)
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def leave(self) -> None:
        """Close every page and forget what they have kept."""
        context = self.page.context
        for page in context.pages:
            if page.url.startswith("http"):
                page.evaluate("localStorage.clear()")
            page.close()
        context.remove_listener("request", self._on_request)
        context.clear_cookies()
        context.clear_permissions()
        context.set_offline(offline=False)

    def _on_request(self, request: Request | WebSocket) -> None:
        url = request.url
        if urlsplit(url).hostname not in LOOPBACK and not url.startswith(("data:", "blob:")):
            self.foreign_requests.append(url)


def executable() -> str:
    """Return the path of a Chromium; without one skip the test, but fail it in CI."""
    return program(*NAMES)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium shared by the tests of a module."""
    path = executable()
    expect.set_options(timeout=WAIT_SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What the pages of a module share: the cache, and nothing that a visit leaves behind."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_SECONDS * 1000)
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext) -> Iterator[Visit]:
    """A fresh page."""
    opened = Visit(context.new_page())
    opened.watch()
    yield opened
    opened.leave()
