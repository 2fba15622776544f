"""The whole product for a browser test: scripted provider, API and page as real processes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.support.processes import WAIT_SECONDS, Server, running_api, running_ui
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

MODEL = "scripted"


@dataclass
class Stack:
    """The three processes."""

    provider: ScriptedProvider
    api: Server
    ui: Server

    def script(self, *scenarios: Scenario) -> None:
        """Forget what was, and say what the model answers."""
        self.provider.reset()
        self.provider.script(MODEL, *scenarios)

    def release(self) -> None:
        """Let the model go on with the answer that it holds."""
        self.provider.release(MODEL)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the product for the tests of a module."""
    folder = tmp_path_factory.mktemp("stack")
    with (
        ScriptedProvider() as provider,
        running_api(folder, OPENAI_BASE_URL=provider.base_url, LLM_MODEL=MODEL) as api,
        running_ui(folder, API_URL=api.url) as ui,
    ):
        yield Stack(provider, api, ui)


class Chat:
    """The chat page as a person uses it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        self.composer = page.get_by_role("textbox", name="Your message")
        self.stop_button = page.get_by_role("button", name="Stop", exact=True)
        self.send_button = page.get_by_role("button", name="Send", exact=True)
        expect(self.composer).to_be_focused()

    def send(self, text: str) -> None:
        """Type a message and press Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    @property
    def answers(self) -> Locator:
        """Every answer."""
        return self.page.locator("article.answer")

    @property
    def answer(self) -> Locator:
        """The text of the last answer."""
        return self.answers.last.locator(".answer-body")

    def wait_until_done(self) -> None:
        """Wait until no answer is being written."""
        expect(self.stop_button).to_be_hidden()

    def expect_answer(self, text: str | re.Pattern[str]) -> None:
        """Wait until the last answer contains the text."""
        expect(self.answer).to_contain_text(text)


def thread_id(page: Page) -> str:
    """Wait until the page shows a thread; return which."""
    expect(page).to_have_url(re.compile("/t/[0-9a-f-]{36}$"))
    return page.url.rpartition("/")[2]


def stored(api: Server, thread: str) -> list[dict[str, Any]]:
    """Return the messages of a thread as the API has them."""
    listed = requests.get(f"{api.url}/threads/{thread}/messages", timeout=WAIT_SECONDS)
    messages: list[dict[str, Any]] = listed.json()["messages"]
    return messages


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message."""
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")
