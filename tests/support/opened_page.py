"""The chat page as NiceGUI's simulated user sees it, in front of a scripted API."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from nicegui import Client, ui
from nicegui.testing import User, user_simulation

from tests.support.scripted_api import WAIT_SECONDS, ScriptedApi, ScriptedRun
from ui.config import read_config
from ui.elements.address import Address
from ui.elements.composer import Composer
from ui.elements.message_view import AnswerView, UserMessageView
from ui.elements.notices import Announcer, Banner
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.elements.tag import Tag
from ui.elements.thread_index import ThreadIndex
from ui.main import build


class PatientUser(User):
    """A user who looks again, however often, until there is what should be seen, or is not what should not."""

    async def should_see(self, *target: Any, retries: int = 0, **filters: Any) -> None:
        await super().should_see(*target, retries=int(WAIT_SECONDS / 0.1), **filters)

    async def should_not_see(self, *target: Any, retries: int = 0, **filters: Any) -> None:
        await super().should_not_see(*target, retries=int(WAIT_SECONDS / 0.05), **filters)


class Browser:
    """Hears what the page tells a browser to do, which this simulation has not."""

    def __init__(self) -> None:
        self.methods: list[tuple[str, list[Any]]] = []

    def match(self, code: str) -> None:
        called = re.fullmatch(r"return runMethod\(\d+, (\S+), (.*)\)", code)
        if called:
            self.methods.append((json.loads(called[1]), json.loads(called[2])))

    def told(self, method: str) -> list[Any]:
        """The first argument of every call of the method."""
        return [arguments[0] for name, arguments in self.methods if name == method]


@dataclass
class OpenedPage:
    """One open page."""

    user: User
    api: ScriptedApi
    browser: Browser = field(default_factory=Browser)

    def __post_init__(self) -> None:
        self.user = PatientUser(self.user.http_client)
        self.user.javascript_rules = {self.browser: lambda _: None}

    def send(self, text: object, key: str | None = None) -> None:
        self.user.find(Composer).trigger("send", {"text": text, "key": key or uuid.uuid4().hex})

    def stop(self) -> None:
        self.user.find(Composer).trigger("cancel")

    def click(self, target: str) -> None:
        self.user.find(target).click()

    async def next_run(self) -> ScriptedRun:
        return await asyncio.to_thread(self.api.next_run)

    def all(self, kind: type[ui.element], *, is_visible: bool = True) -> list[Any]:
        elements = [element for element in self.user.current_layout.descendants() if isinstance(element, kind)]
        return sorted((e for e in elements if not is_visible or is_shown(e)), key=lambda element: element.id)

    @property
    def answers(self) -> list[str]:
        views = self.all(AnswerView)
        return ["".join(e.text for e in view.descendants() if isinstance(e, StreamedMarkdown)) for view in views]

    @property
    def questions(self) -> list[str]:
        return [view.message.text for view in self.all(UserMessageView)]

    @property
    def listed(self) -> list[str]:
        (index,) = self.all(ThreadIndex)
        groups = index.props["shown"]["groups"] or []
        return [thread["title"] for group in groups for thread in group["threads"]]

    @property
    def given_back(self) -> list[str]:
        """Why texts were given back to the composer."""
        return self.browser.told("reject")

    def look(self) -> None:
        self.user.find(Address).trigger("look")

    async def until_listed(self, condition: Callable[[], object]) -> None:
        """Look again and again, as a browser does: a page that takes the API for away does not."""
        await self.until(lambda: self.look() or condition())

    def sees(self, text: str) -> bool:
        return any(text in str(getattr(element, "text", "")) for element in self.all(Tag))

    @property
    def said(self) -> str:
        (announcer,) = self.all(Announcer)
        return str(announcer.text)

    @property
    def is_running(self) -> bool:
        (composer,) = self.all(Composer)
        return bool(composer.props["is-running"])

    @property
    def banner(self) -> str:
        return " ".join(e.text for banner in self.all(Banner) for e in banner.descendants() if hasattr(e, "text"))

    def is_settled(self) -> bool:
        """Whether everything is sent: an outbox that is cancelled while it wakes up goes on (asyncio of 3.11)."""
        return not any(client.outbox.updates or client.outbox.messages for client in Client.instances.values())

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                await asyncio.sleep(0.01)


def is_shown(element: ui.element) -> bool:
    return element.visible and all(ancestor.visible for ancestor in element.ancestors())


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    """A scripted API."""
    with ScriptedApi() as api:
        api.models = {"models": [{"name": "scripted"}, {"name": "other"}], "default": "scripted"}
        yield api


@pytest.fixture
async def page(api: ScriptedApi, caplog: pytest.LogCaptureFixture) -> AsyncIterator[OpenedPage]:
    """The chat page, opened; an error in the log fails the test."""
    async with user_simulation() as user:
        build(read_config({"API_URL": api.url}))
        user.http_client.headers["Host"] = "localhost"
        page = OpenedPage(user, api)
        await page.user.open("/")
        yield page
        await page.until(page.is_settled)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
