"""Tools as a person sees and decides about them: real processes, a real MCP server, a real browser."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import Visit
from tests.support.processes import free_port, kill_whole, running_api, running_ui, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.stack import MODEL, Chat, Stack, stored, thread_id
from tests.support.tool_api import SERVER, calling, echo, is_ready

pytestmark = pytest.mark.browser

SERVERS = json.dumps({"mcpServers": {"scripted": {**SERVER, "title": "Notes", "silence_seconds": 30}}})
HOSTILE = '<img src="http://198.51.100.1/x.png" onerror="alert(1)"> **bold** \u202egpj.exe'


@pytest.fixture(scope="module")
def tool_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("tools")
    settings = {"LLM_MODEL": MODEL, "MCP_SERVERS": SERVERS, "NOTE": folder / "note.txt"}
    with (
        ScriptedProvider() as provider,
        running_api(folder, OPENAI_BASE_URL=provider.base_url, **settings) as api,
        running_ui(folder, API_URL=api.url) as ui,
    ):
        wait_for(lambda: is_ready(api.url), what="the MCP server")
        yield Stack(provider, api, ui)


@pytest.fixture
def chat(visit: Visit, tool_stack: Stack) -> Iterator[Chat]:
    tool_stack.provider.reset()
    yield Chat(visit.page, tool_stack.ui.url)
    assert (visit.errors, visit.foreign_requests) == ([], [])


def card(page: Page) -> Locator:
    return page.locator(".answer .decision")


def ask(chat: Chat, stack: Stack, *scenarios: Scenario) -> None:
    stack.script(*scenarios)
    chat.send("Say it")


def test_a_call_waits_for_a_person_over_a_reload_and_goes_on_by_keyboard(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo(), text="Let me."), Scenario(text="You said hi."))
    expect(card(page)).to_contain_text("Allow echo of scripted")
    expect(page.locator("[role=status]", has_text="waits for your decision")).to_have_count(1)
    expect(page.locator(".tool-state")).to_have_text("Waits for you")
    thread = thread_id(page)
    page.reload()
    expect(card(page)).to_be_visible()
    expect(card(page).get_by_label("Arguments")).to_have_value('{\n  "text": "hi"\n}')
    page.get_by_role("button", name="Allow once").focus()
    page.keyboard.press("Enter")
    chat.expect_answer("You said hi.")
    expect(card(page)).to_have_count(0)
    expect(page.locator(".tool-details summary")).to_be_focused()
    chat.wait_until_done()
    page.locator(".tool-details summary").first.click()
    expect(page.locator(".tool-body")).to_contain_text("hi")
    assert [part["type"] for part in stored(tool_stack.api, thread)[1]["parts"]] == [
        "text", "tool_call", "tool_result", "text",
    ]  # fmt: skip


def test_a_call_is_denied_with_a_reason_that_the_model_is_told(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()), Scenario(text="Fine."))
    page.get_by_role("button", name="Deny").click()
    card(page).get_by_label("Why not?").fill("Not today")
    page.keyboard.press("Enter")
    chat.expect_answer("Fine.")
    expect(page.locator(".tool-state")).to_have_text("Denied")
    thread_id(page)
    chat.wait_until_done()
    page.reload()
    expect(page.locator(".tool-state")).to_have_text("Denied")
    page.locator(".tool-details > summary").click()
    expect(page.locator(".tool-body")).to_contain_text("Not today")
    assert "Not today" in tool_stack.provider.calls(MODEL)[-1].body["messages"][-1]["content"]


def test_arguments_are_changed_before_a_call_is_allowed(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()), Scenario(text="Done."))
    arguments, allow = card(page).get_by_label("Arguments"), page.get_by_role("button", name="Allow once")
    arguments.fill("{no")
    allow.click()
    expect(card(page).get_by_role("alert")).to_have_text("The arguments have to be one JSON object.")
    arguments.fill('{"text": 5}')
    allow.click()
    expect(card(page).get_by_role("alert")).to_contain_text("do not fit the tool")
    arguments.fill('{"text": "changed"}')
    allow.click()
    chat.expect_answer("Done.")
    assert tool_stack.provider.calls(MODEL)[-1].body["messages"][-1]["content"] == "changed"


def test_all_calls_of_a_step_are_allowed_at_once_and_then_in_this_chat(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    several = calling(echo("a", "one"), echo("b", "two"), echo("c", "three"))
    later = (calling(echo("d")), Scenario(text="Last."), calling(echo("e")), Scenario(text="Free."))
    ask(chat, tool_stack, several, Scenario(text="All."), *later)
    expect(card(page)).to_have_count(3)
    page.get_by_role("button", name="Allow all 3").first.click()
    chat.expect_answer("All.")
    chat.wait_until_done()
    chat.send("Again")
    page.get_by_role("button", name="Allow in this chat").click()
    chat.expect_answer("Last.")
    chat.wait_until_done()
    chat.send("Once more")
    chat.expect_answer("Free.")


@pytest.mark.parametrize(("button", "told"), [("Allow all 3", "two"), ("Allow in this chat", "two")])
def test_what_cards_show_survives_a_reload_and_is_what_is_called(
    chat: Chat, tool_stack: Stack, button: str, told: str
) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo("a", "one"), echo("b", told), echo("c", "three")), Scenario(text="All."))
    arguments = card(page).get_by_label("Arguments")
    arguments.nth(0).fill('{"text": "first"}')
    arguments.nth(2).fill("{no")
    thread_id(page)
    page.reload()
    expect(arguments.nth(0)).to_have_value('{"text": "first"}')
    page.get_by_role("button", name=button).nth(1).click()
    expect(card(page).nth(1).get_by_role("alert")).to_contain_text("another call")
    arguments.nth(2).fill('{"text": "third"}')
    page.get_by_role("button", name=button).nth(1).click()
    chat.expect_answer("All.")
    results = tool_stack.provider.calls(MODEL)[-1].body["messages"][-3:]
    assert {result["tool_call_id"]: result["content"] for result in results} == {
        "a": "first", "b": "two", "c": "third",
    }  # fmt: skip


def test_a_decision_without_a_connection_is_not_lost(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()), Scenario(text="Done."))
    allow = page.get_by_role("button", name="Allow once")
    expect(allow).to_be_visible()
    page.evaluate("window.socket.disconnect()")
    allow.click()
    expect(card(page).get_by_role("alert")).to_contain_text("no connection")
    page.evaluate("window.socket.connect()")
    wait_for(lambda: page.evaluate("window.socket.connected"), what="the connection")
    allow.click()
    chat.expect_answer("Done.")


def test_a_click_that_its_connection_has_swallowed_can_be_made_again(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()), Scenario(text="Done."))
    arguments, allow = card(page).get_by_label("Arguments"), page.get_by_role("button", name="Allow once")
    arguments.fill('{"text": "mine"}')
    page.evaluate("() => { window.socket.io.engine.transport.ws.send = () => {}; }")
    allow.click()
    expect(allow).to_be_disabled()
    page.evaluate("window.socket.io.engine.close()")
    expect(allow).to_be_enabled()
    page.reload()
    expect(arguments).to_have_value('{"text": "mine"}')
    allow.click()
    chat.expect_answer("Done.")
    assert tool_stack.provider.calls(MODEL)[-1].body["messages"][-1]["content"] == "mine"


def test_an_approval_for_the_chat_is_taken_back_in_the_panel(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()), Scenario(text="Once."), calling(echo("c2")), Scenario(text="Twice."))
    page.get_by_role("button", name="Allow in this chat").click()
    chat.expect_answer("Once.")
    chat.wait_until_done()
    page.get_by_role("button", name="This chat").click()
    page.get_by_role("menuitem", name="Tools").click()
    server = page.get_by_role("region", name="Notes")
    expect(server).to_contain_text("allowed in this chat")
    server.get_by_role("button", name="Ask again: echo").click()
    expect(server).not_to_contain_text("allowed in this chat")
    page.get_by_role("button", name="Close").click()
    chat.send("And again")
    page.get_by_role("button", name="Allow once").click()
    chat.expect_answer("Twice.")


def test_what_another_tab_decides_takes_the_card_away(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()), Scenario(text="Done."))
    expect(card(page)).to_be_visible()
    thread_id(page)
    other = Chat(page.context.new_page(), page.url)
    other.page.get_by_role("button", name="Allow once").click()
    for each in (chat, other):
        each.expect_answer("Done.")
        expect(card(each.page)).to_have_count(0)


def test_escape_in_a_card_stops_nothing(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()), Scenario(text="Done."))
    card(page).get_by_role("button", name="Deny").click()
    page.keyboard.press("Escape")
    expect(card(page).get_by_role("button", name="Allow once")).to_be_visible()
    card(page).get_by_label("Arguments").focus()
    page.keyboard.press("Escape")
    card(page).get_by_role("button", name="Allow once").click()
    chat.expect_answer("Done.")


def test_stop_ends_a_call_that_waits(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo()))
    expect(card(page)).to_be_visible()
    chat.stop_button.click()
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    expect(card(page)).to_have_count(0)
    expect(page.locator(".tool-state")).to_have_text("Not finished")


def test_hostile_arguments_and_results_are_text(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(echo(text=HOSTILE)), Scenario(text="Done."))
    assert "<img" in card(page).get_by_label("Arguments").input_value()
    page.get_by_role("button", name="Allow once").click()
    chat.expect_answer("Done.")
    page.locator(".tool-details summary").first.click()
    expect(page.locator(".tool-text").last).to_have_text(HOSTILE)
    expect(page.locator(".tool-call img")).to_have_count(0)


def test_a_tool_is_called_by_hand_and_answers_again(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    chat.send("/tool")
    expect(page.get_by_role("alert").filter(has_text="/tool time {}")).to_be_visible()
    expect(chat.composer).to_have_value("/tool")
    chat.send('/tool echo {"text": "by hand"}')
    page.get_by_role("button", name="Allow in this chat").click()
    chat.wait_until_done()
    page.locator(".tool-details > summary").click()
    expect(page.locator(".tool-body")).to_contain_text("by hand")
    expect(page.locator(".notice")).to_have_count(0)
    page.get_by_role("button", name="Answer again").click()
    expect(page.get_by_text("2/2")).to_be_visible()
    chat.wait_until_done()
    expect(page.locator(".tool-call")).to_have_count(1)
    assert tool_stack.provider.calls(MODEL) == []


def test_a_server_asks_with_a_form_that_survives_a_reload(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(("i", "scripted__invite", '{"day": "Friday"}')), Scenario(text="Invited."))
    card(page).get_by_role("button", name="Allow once").click()
    expect(card(page)).to_contain_text("The server scripted asks you")
    expect(card(page)).to_contain_text("Who comes?")
    page.reload()
    expect(card(page).get_by_label("Age")).to_have_value("30")
    card(page).get_by_label("Name").fill("Anna")
    page.reload()
    expect(card(page).get_by_label("Name")).to_have_value("Anna")
    card(page).get_by_label("Age").fill("-4")
    card(page).get_by_label("Name").fill("Ann")
    card(page).get_by_role("checkbox", name="Wine").uncheck()
    card(page).get_by_role("button", name="Send answer").click()
    expect(card(page).get_by_role("alert")).to_contain_text("less than the minimum")
    card(page).get_by_label("Age").fill("41")
    page.keyboard.press("Enter")
    chat.expect_answer("Invited.")
    page.locator(".tool-details > summary").click()
    expect(page.locator(".tool-body")).to_contain_text("Ann (41) comes on Friday, wine: False")


def test_what_a_server_asks_is_declined(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, calling(("i", "scripted__invite", '{"day": "Friday"}')), Scenario(text="Nobody."))
    card(page).get_by_role("button", name="Allow once").click()
    card(page).get_by_role("button", name="Decline").click()
    chat.expect_answer("Nobody.")
    assert "decline" in tool_stack.provider.calls(MODEL)[-1].body["messages"][-1]["content"]


def test_the_panel_says_how_servers_stand_and_switches_tools_off(chat: Chat, tool_stack: Stack) -> None:
    page = chat.page
    ask(chat, tool_stack, Scenario(text="Yes."))
    chat.expect_answer("Yes.")
    thread_id(page)
    page.get_by_role("button", name="This chat").click()
    page.get_by_role("menuitem", name="Tools").click()
    server = page.get_by_role("region", name="Notes")
    expect(server).to_contain_text("Ready")
    expect(server).to_contain_text("asks first")
    server.get_by_role("checkbox", name="echo").uncheck()
    server.get_by_role("button", name="Reconnect").click()
    expect(server).to_contain_text("Ready")
    page.get_by_role("button", name="Close").click()
    chat.send("And now?")
    chat.expect_answer("Yes.")
    wait_for(lambda: len(tool_stack.provider.calls(MODEL)) == 2, what="the second call")
    names = [tool["function"]["name"] for tool in tool_stack.provider.calls(MODEL)[-1].body["tools"]]
    assert "scripted__echo" not in names
    assert "scripted__slow" in names


def test_a_decision_is_made_after_both_processes_were_killed(tmp_path: Path, visit: Visit) -> None:
    ports = {"api": free_port(), "ui": free_port()}

    with ScriptedProvider() as provider:
        provider.script(MODEL, calling(echo()), Scenario(text="You said hi."))
        settings = {"LLM_MODEL": MODEL, "MCP_SERVERS": SERVERS, "NOTE": tmp_path / "note.txt", "PORT": ports["api"]}
        with (
            running_api(tmp_path, OPENAI_BASE_URL=provider.base_url, **settings) as api,
            running_ui(tmp_path, API_URL=api.url, UI_PORT=ports["ui"]) as ui,
        ):
            wait_for(lambda: is_ready(api.url), what="the MCP server")
            chat = Chat(visit.page, ui.url)
            chat.send("Say it")
            expect(card(chat.page)).to_be_visible()
            url = f"{ui.url}/t/{thread_id(chat.page)}"
            # Left before: a page that stays loads itself anew, which may come in the way of what follows.
            chat.page.goto("about:blank")
            ui.stop(signal.SIGKILL)
            kill_whole(api)
        with (
            running_api(tmp_path, OPENAI_BASE_URL=provider.base_url, **settings) as api,
            running_ui(tmp_path, API_URL=api.url, UI_PORT=ports["ui"]) as ui,
        ):
            chat.page.goto(url)
            chat.page.get_by_role("button", name="Allow once").click()
            chat.expect_answer("You said hi.")
