"""Prompts after "/", resources after "@", what results link to: real processes, a real MCP server, a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_page_layout import Shown, composer, shown
from tests.e2e.test_tools import tool_stack
from tests.support.browser import Visit
from tests.support.provider.scenario import Scenario
from tests.support.scripted_tools import resource
from tests.support.stack import Chat, Stack
from tests.support.tool_api import calling

__all__ = ["shown", "tool_stack"]

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
    expect(options(page)).to_have_count(4)
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


def choose_dawdling(chat: Chat, text: str, seconds: float) -> None:
    page = chat.page
    write(chat, "/daw")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="dawdle")
    dialog.get_by_label("text").fill(text)
    dialog.get_by_label("seconds").fill(str(seconds))
    dialog.get_by_role("button", name="Insert").click()
    expect(dialog.get_by_role("button", name="Insert")).to_be_disabled()


def test_an_answer_that_nobody_waits_for_any_more_is_not_put_where_another_was_asked_for(chat: Chat) -> None:
    page = chat.page
    choose_dawdling(chat, "the first", 1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    chat.composer.fill("")
    choose_dawdling(chat, "the second", 2)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(chat.composer).to_have_value("the second")


def test_what_was_chosen_in_another_chat_is_said_and_put_nowhere(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    tool_stack.script(Scenario(text="Yes."))
    chat.send("Hello")
    chat.expect_answer("Yes.")
    chat.wait_until_done()
    write(chat, "Read @daw")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="New chat").last.click()
    expect(page.get_by_role("status").filter(has_text="you have opened a chat")).to_be_visible()
    expect(chat.composer).to_have_value("")
    choose_dawdling(chat, "of this chat", 2)
    expect(chat.composer).to_have_value("of this chat")
    page.locator(".threads a[href]").first.click()
    expect(chat.composer).to_have_value("Read @daw")


def test_the_click_that_leads_away_takes_the_choice_along_before_the_chat_opens(chat: Chat) -> None:
    page = chat.page
    write(chat, "@daw")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Reading")).to_be_visible()
    page.evaluate("() => { window.socket.emit = () => {}; }")
    page.get_by_role("button", name="New chat").last.click()
    expect(page.get_by_role("status").filter(has_text="you have opened a chat")).to_be_visible()
    expect(chat.composer).to_have_value("@daw")


def test_a_chat_that_is_left_by_the_browsers_back_takes_its_dialog_along(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    tool_stack.script(Scenario(text="Yes."))
    chat.send("Hello")
    chat.expect_answer("Yes.")
    chat.wait_until_done()
    page.get_by_role("button", name="New chat").last.click()
    expect(chat.answers).to_have_count(0)
    choose_dawdling(chat, "of the new chat", 1)
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("status").filter(has_text="you have opened a chat")).to_be_visible()
    chat.expect_answer("Yes.")
    expect(chat.composer).to_have_value("")


def test_what_is_written_before_a_place_moves_it_and_what_is_sent_takes_it_away(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    write(chat, "@daw")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Reading")).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.type("Look: ")
    expect(chat.composer).to_have_value("Look: late_note (note://dawdle)\n\n```\nLate.\n```\n")
    chat.composer.fill("")
    tool_stack.script(Scenario(text="Yes."))
    write(chat, "@daw")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="the place where you asked for it is gone")).to_be_visible()
    expect(chat.composer).to_have_value("")
    chat.expect_answer("Yes.")


def test_a_list_says_what_it_does_not_show(visit: Visit, shown: Shown) -> None:
    page = visit.page
    shown.api.tools.resources = {"notes": [resource(f"note://{at}", f"Note {at}") for at in range(420)]}
    page.goto(shown.url)
    expect(composer(page)).to_be_focused()
    page.keyboard.type("@")
    expect(options(page)).to_have_count(50)
    said = page.locator(".context-left-out")
    expect(said).to_have_text(
        ["250 more fit: write more of the name.", "120 more are left out: the servers offer too many."]
    )
    expect(page.get_by_role("status").filter(has_text="50 entries")).to_contain_text("120 more are left out")
    page.keyboard.type("/29")
    expect(said).to_have_text(["120 more are left out: the servers offer too many."])
    expect(options(page)).to_have_count(11)


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
    expect(page.get_by_role("status").filter(has_text="shown below")).to_have_count(1)
    live = page.locator(".tool-body").locator("[aria-live], [role=status]")
    expect(live.filter(has_text="Decant an hour")).to_have_count(0)
    read.last.click()
    expect(page.locator(".tool-resource").last.get_by_role("alert")).to_contain_text("scripted")
