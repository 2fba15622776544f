"""Prompts after "/", resources after "@", what results link to: real processes, a real MCP server, a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_tools import tool_stack
from tests.support.browser import Visit
from tests.support.provider.scenario import Scenario
from tests.support.stack import Chat, Stack
from tests.support.tool_api import calling

__all__ = ["tool_stack"]

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="alert(1)"> \u202egpj'
WINE = "About wine (note://wine)\n\n````\nDecant an hour before.\n```\nfence\n```\n````\n"


@pytest.fixture
def chat(visit: Visit, tool_stack: Stack) -> Iterator[Chat]:
    tool_stack.provider.reset()
    yield Chat(visit.page, tool_stack.ui.url)
    assert (visit.errors, visit.foreign_requests, visit.dialogs) == ([], [], [])


def options(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def write(chat: Chat, text: str) -> None:
    chat.composer.focus()
    chat.page.keyboard.type(text)


def test_a_prompt_is_chosen_filled_in_and_put_into_the_message_by_keyboard(chat: Chat) -> None:
    page = chat.page
    page.set_viewport_size({"width": 390, "height": 844})
    write(chat, "/")
    expect(options(page)).to_have_count(3)
    expect(chat.composer).to_have_attribute("aria-activedescendant", "context-item-0")
    expect(page.get_by_role("listbox").locator("img")).to_have_count(0)
    expect(options(page).last).to_contain_text(HOSTILE)
    write(chat, "rev")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Review")
    expect(dialog.get_by_label("code")).to_be_focused()
    page.keyboard.type("x = 1")
    dialog.get_by_role("button", name="Insert").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(chat.composer).to_be_focused()
    expect(chat.composer).to_have_value("User:\nReview this in a kind tone:\nx = 1\n\nAssistant:\nGladly.")


def test_a_resource_is_put_where_it_was_asked_for_and_what_is_written_meanwhile_stays(chat: Chat) -> None:
    page = chat.page
    write(chat, "Read @win")
    expect(options(page)).to_have_count(1)
    options(page).click()
    expect(chat.composer).to_have_value(f"Read {WINE}")
    page.keyboard.type("and say so")
    expect(chat.composer).to_have_value(f"Read {WINE}and say so")


def test_what_is_no_text_or_too_long_is_said_and_changes_nothing(chat: Chat) -> None:
    page = chat.page
    for query, sentence in (("picture", "holds no text"), ("large", "a message has at most 200,000")):
        chat.composer.fill("")
        write(chat, f"@{query}")
        expect(options(page)).to_have_count(1)
        page.keyboard.press("Tab")
        expect(page.get_by_role("status").filter(has_text=sentence)).to_be_visible()
        expect(chat.composer).to_have_value(f"@{query}")


def test_paths_addresses_and_commands_are_sent_as_they_are(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    write(chat, "@")
    expect(options(page)).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    write(chat, "w")
    expect(options(page)).to_have_count(0)
    chat.composer.fill("")
    tool_stack.script(Scenario(text="Yes."))
    write(chat, "/etc/hosts of ann@example.org")
    expect(options(page)).to_have_count(0)
    page.keyboard.press("Enter")
    chat.expect_answer("Yes.")
    assert tool_stack.provider.calls()[-1].body["messages"][-1]["content"] == "/etc/hosts of ann@example.org"


def test_what_a_result_links_to_is_read_on_a_click(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    tool_stack.script(calling(("l", "scripted__links", "{}")), Scenario(text="There."))
    chat.send("Which notes?")
    chat.expect_answer("There.")
    page.locator(".tool-details > summary").click()
    read = page.get_by_role("button", name="Read")
    expect(read).to_have_count(2)
    expect(page.locator(".tool-body")).not_to_contain_text("Decant an hour")
    read.first.click()
    expect(page.locator(".tool-resource").first).to_contain_text("Decant an hour before.")
    read.last.click()
    expect(page.locator(".tool-resource").last.get_by_role("alert")).to_contain_text("scripted")
