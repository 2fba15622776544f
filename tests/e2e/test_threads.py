"""Threads that outlive the page: real processes, a real database, a real browser."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from api.parts import fold_events
from api.parts import text_of as parts_text
from api.store import LOCAL_ACCOUNT_ID, open_store
from api.store.engine import make_engine
from tests.support.browser import Visit
from tests.support.processes import WAIT_SECONDS, free_port, kill_whole, running_api, running_ui, wait_for
from tests.support.provider.scenario import Scenario
from tests.support.stack import MODEL, Chat, Stack, stored, text_of, thread_id

pytestmark = pytest.mark.browser

COUNT = " ".join(str(number) for number in range(1, 101))
HELD = Scenario(text=COUNT, chunk_chars=3, held_after_chunks=21)
SO_FAR = COUNT[: 3 * 20].strip()
# The run is claimed 30 s after its last heartbeat, which comes every 10 s.
STALE_SECONDS = 40


@pytest.fixture
def chat(visit: Visit, stack: Stack) -> Iterator[Chat]:
    stack.provider.reset()
    yield Chat(visit.page, stack.ui.url)
    assert (visit.errors, visit.foreign_requests) == ([], [])


def answered(chat: Chat, stack: Stack, question: str, answer: str) -> None:
    stack.script(Scenario(text=answer))
    chat.send(question)
    chat.expect_answer(answer)
    chat.wait_until_done()


def rows(page: Page) -> Locator:
    return page.locator(".threads li")


def other_tab(page: Page, url: str) -> Chat:
    return Chat(page.context.new_page(), url)


def test_a_reload_in_the_middle_shows_the_text_so_far_and_goes_on(chat: Chat, stack: Stack) -> None:
    stack.script(HELD)
    chat.send("Count")
    expect(chat.answer).to_have_text(SO_FAR)
    thread = thread_id(chat.page)
    chat.page.reload(wait_until="commit")
    expect(chat.answer).to_have_text(SO_FAR)
    expect(chat.stop_button).to_be_visible()
    stack.release()
    expect(chat.answer).to_have_text(COUNT)
    chat.wait_until_done()
    assert [text_of(message) for message in stored(stack.api, thread)] == ["Count", COUNT]
    assert len(stack.provider.calls(MODEL)) == 1


def test_the_same_answer_is_live_in_two_tabs_and_stops_from_either(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(text=COUNT * 200, chunk_chars=3, chunks_per_second=20))
    chat.send("Count")
    chat.expect_answer("1 2 3")
    other = other_tab(chat.page, chat.page.url)
    other.expect_answer("10 11 12")
    other.stop_button.click()
    stack.provider.wait_for(lambda calls: calls[0].client_closed_at)
    for each in (chat, other):
        expect(each.answers.last).to_contain_text("Stopped")
    (_, answer) = stored(stack.api, thread_id(chat.page))
    assert answer["status"] == "cancelled"
    for each in (chat, other):
        expect(each.answer).to_have_text(text_of(answer).strip())


def test_another_tab_s_message_appears(chat: Chat, stack: Stack) -> None:
    answered(chat, stack, "one", "First")
    other = other_tab(chat.page, chat.page.url)
    expect(other.answer).to_have_text("First")
    answered(chat, stack, "two", "Second")
    expect(other.answer).to_have_text("Second")
    expect(other.page.locator("article.user-message")).to_have_count(2)


def test_a_page_process_that_is_killed_loses_nothing(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    port = free_port()
    stack.script(HELD)
    with running_ui(tmp_path, API_URL=stack.api.url, UI_PORT=port) as ui:
        chat = Chat(visit.page, ui.url)
        chat.send("Count")
        expect(chat.answer).to_have_text(SO_FAR)
        thread = thread_id(chat.page)
        ui.stop(signal.SIGKILL)
    with running_ui(tmp_path, API_URL=stack.api.url, UI_PORT=port):
        stack.release()
        expect(chat.answer).to_have_text(COUNT)
        chat.wait_until_done()
    assert [text_of(message) for message in stored(stack.api, thread)] == ["Count", COUNT]
    assert len(stack.provider.calls(MODEL)) == 1


def test_a_killed_api_leaves_an_interrupted_answer_that_can_be_continued(
    visit: Visit, stack: Stack, tmp_path: Path
) -> None:
    port = free_port()
    settings = {"OPENAI_BASE_URL": stack.provider.base_url, "LLM_MODEL": MODEL, "PORT": port}
    stack.script(HELD, Scenario(text=" and the rest"))
    with running_ui(tmp_path, API_URL=f"http://127.0.0.1:{port}") as ui:
        with running_api(tmp_path, **settings) as api:
            chat = Chat(visit.page, ui.url)
            chat.send("Count")
            expect(chat.answer).to_have_text(SO_FAR)
            thread = thread_id(chat.page)
            run_id = stored(api, thread)[-1]["run"]["run_id"]
            # A kill loses what has come since the last flush.
            wait_for(lambda: flushed(tmp_path, run_id) == COUNT[:60], what="the flush")
            kill_whole(api)
        with running_api(tmp_path, **settings) as api:
            expect(chat.answers.last).to_contain_text("interrupted", timeout=(STALE_SECONDS + WAIT_SECONDS) * 1000)
            assert text_of(stored(api, thread)[-1]).strip() == SO_FAR
            expect(chat.answer).to_have_text(SO_FAR)
            chat.page.get_by_role("button", name="Continue").click()
            chat.expect_answer("and the rest")
            chat.wait_until_done()
            assert text_of(stored(api, thread)[-1]) == f"{COUNT[:60]} and the rest"


def flushed(folder: Path, run_id: str) -> str:
    """Return the text that the log in the database has of a run."""
    engine = make_engine(f"sqlite:///{folder}/decant.db")
    events = open_store(engine).run_events.replay_after(LOCAL_ACCOUNT_ID, run_id, 0).events
    engine.dispose()
    return parts_text(fold_events((event.type, event.data) for event in events))


def test_a_text_sent_twice_runs_once(chat: Chat, stack: Stack) -> None:
    stack.script(HELD)
    chat.send("Count")
    expect(chat.answer).to_have_text(SO_FAR)
    thread = thread_id(chat.page)
    draft = json.dumps({"text": "Count", "keyed": {"text": "Count", "key": key_of(stack, thread)}})
    chat.page.evaluate("draft => sessionStorage.setItem('decant.draft', draft)", draft)
    chat.page.goto(stack.ui.url)
    expect(chat.composer).to_have_value("Count")
    chat.composer.press("Enter")
    expect(chat.page).to_have_url(re.compile(f"/t/{thread}$"))
    stack.release()
    expect(chat.answer).to_have_text(COUNT)
    assert len(stack.provider.calls(MODEL)) == 1


def key_of(stack: Stack, thread: str) -> str:
    import sqlite3

    database = next(stack.api.log.parent.glob("decant.db"))
    with sqlite3.connect(database) as connection:
        ((key,),) = connection.execute("SELECT idempotency_key FROM runs WHERE thread_id = ?", (thread,))
    connection.close()
    return str(key)


def test_messages_are_edited_and_answered_again_as_branches(chat: Chat, stack: Stack) -> None:
    answered(chat, stack, "one", "First")
    stack.script(Scenario(text="Second"))
    chat.page.get_by_role("button", name="Answer again").click()
    chat.expect_answer("Second")
    chat.wait_until_done()
    expect(chat.answers.last).to_contain_text("2/2")
    chat.page.get_by_role("button", name="Previous version").click()
    expect(chat.answer).to_have_text("First")
    question = chat.page.locator("article.user-message")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    editor = chat.page.get_by_role("textbox", name="Your message, edited")
    editor.fill("another one")
    stack.script(Scenario(text="Third"))
    editor.press("Enter")
    chat.expect_answer("Third")
    chat.wait_until_done()
    expect(question).to_contain_text("another one")
    assert [m["content"] for m in stack.provider.calls(MODEL)[-1].body["messages"]] == ["another one"]
    chat.page.reload()
    expect(chat.answer).to_have_text("Third")
    chat.page.get_by_role("button", name="Previous version").click()
    expect(chat.answer).to_have_text("Second")
    messages = stored(stack.api, thread_id(chat.page))
    assert [message["parent_id"] is None for message in messages] == [True, False, False, True, False]


def test_threads_are_renamed_searched_deleted_and_brought_back(chat: Chat, stack: Stack) -> None:
    answered(chat, stack, "About zeppelins", "They float")
    chat.page.get_by_role("button", name="New chat").last.click()
    answered(chat, stack, "About submarines", "They dive")
    page = chat.page
    expect(rows(page).first).to_have_text("About submarines")
    page.get_by_role("searchbox", name="Search chats").fill("zeppelins")
    expect(rows(page)).to_have_text(["About zeppelins"])
    rows(page).first.hover()
    page.get_by_role("button", name="Rename: About zeppelins").click()
    page.get_by_role("textbox", name="Title").fill("Zeppelins, renamed")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_text(["Zeppelins, renamed"])
    page.get_by_role("link", name="Zeppelins, renamed").click()
    expect(chat.answer).to_have_text("They float")
    expect(page).to_have_title("Zeppelins, renamed · Decant")
    address = page.url
    rows(page).first.hover()
    page.get_by_role("button", name="Delete: Zeppelins, renamed").click()
    expect(page.get_by_text("What shall we pour today?")).to_be_visible()
    expect(rows(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(chat.answer).to_have_text("They float")
    expect(page).to_have_url(address)


def test_back_and_forward_go_through_threads(chat: Chat, stack: Stack) -> None:
    answered(chat, stack, "one", "First")
    chat.page.get_by_role("button", name="New chat").last.click()
    expect(chat.answers).to_have_count(0)
    answered(chat, stack, "two", "Second")
    chat.page.go_back()
    expect(chat.answer).to_have_text("First")
    chat.page.go_forward()
    expect(chat.answer).to_have_text("Second")


def test_nothing_of_a_thread_stays_in_a_browser_that_left_it(chat: Chat, stack: Stack) -> None:
    count = chat.page.evaluate("Object.keys(mounted_app.$refs).length")
    answered(chat, stack, "First", "one")
    chat.page.get_by_role("button", name="New chat", exact=True).first.click()
    expect(chat.answers).to_have_count(0)
    chat.page.wait_for_function("count => Object.keys(mounted_app.$refs).length === count", arg=count)


def test_a_thread_that_is_not_there_says_so(visit: Visit, stack: Stack) -> None:
    chat = Chat(visit.page, f"{stack.ui.url}/t/01a20000-0000-7000-8000-000000000000")
    expect(visit.page.get_by_role("alert").filter(has_text="does not exist")).to_be_visible()
    answered(chat, stack, "one", "First")
    thread_id(visit.page)


def test_a_busy_thread_gives_the_text_back(chat: Chat, stack: Stack) -> None:
    answered(chat, stack, "one", "First")
    url = f"{stack.api.url}/threads/{thread_id(chat.page)}/runs"
    stack.script(HELD)
    with requests.post(url, json={"content": "elsewhere"}, stream=True, timeout=WAIT_SECONDS):
        chat.send("here")
        # Either the page knows already and waits, or the API refuses; the text is kept both ways.
        expect(chat.composer).to_have_value("here")
    expect(chat.page.locator("article.user-message")).to_have_count(2)
    stack.release()
    expect(chat.answer).to_have_text(COUNT)
    expect(chat.composer).to_have_value("here")


def test_settings_are_the_thread_s(chat: Chat, stack: Stack) -> None:
    page = chat.page
    page.get_by_role("button", name="This chat").click()
    page.get_by_role("menuitem", name="Chat settings").click()
    page.get_by_role("textbox", name="System prompt").fill("Answer in verse.")
    page.get_by_role("button", name="Save").click()
    answered(chat, stack, "one", "First")
    told = stack.provider.calls(MODEL)[-1].body["messages"]
    assert [message["content"] for message in told] == ["Answer in verse.", "one"]
    page.reload()
    expect(chat.answer).to_have_text("First")
    page.get_by_role("button", name="This chat").click()
    page.get_by_role("menuitem", name="Chat settings").click()
    expect(page.get_by_role("textbox", name="System prompt")).to_have_value("Answer in verse.")


def test_a_thread_is_exported_and_imported(chat: Chat, stack: Stack, tmp_path: Path) -> None:
    stack.script(Scenario(text="**First** answer"))
    chat.send("one")
    chat.expect_answer("First answer")
    chat.wait_until_done()
    original = stored(stack.api, thread_id(chat.page))
    for kind, name in (("md", "Export as Markdown"), ("json", "Export as JSON")):
        chat.page.get_by_role("button", name="This chat").click()
        with chat.page.expect_download() as download:
            chat.page.get_by_role("menuitem", name=name).click()
        assert download.value.suggested_filename == f"one.{kind}"
        download.value.save_as(tmp_path / f"one.{kind}")
    assert "**First** answer" in (tmp_path / "one.md").read_text(encoding="utf-8")
    former = chat.page.url
    chat.page.locator("input[type=file]").set_input_files(tmp_path / "one.json")
    expect(chat.page).not_to_have_url(former)
    expect(chat.answer).to_have_text("First answer")
    copy = stored(stack.api, thread_id(chat.page))
    assert [m["parts"] for m in copy] == [m["parts"] for m in original]
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    chat.page.locator("input[type=file]").set_input_files(tmp_path / "bad.json")
    expect(chat.page.get_by_role("alert").filter(has_text="not a chat exported as JSON")).to_be_visible()


def test_on_a_phone_the_threads_are_a_drawer(chat: Chat, stack: Stack) -> None:
    answered(chat, stack, "About zeppelins", "They float")
    page = chat.page
    page.set_viewport_size({"width": 390, "height": 844})
    link = page.get_by_role("link", name="About zeppelins").first
    expect(link).to_be_hidden()
    toggle = page.get_by_role("button", name="Show chats")
    toggle.click()
    expect(link).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('.page')")
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(toggle).to_be_focused()
    toggle.click()
    page.mouse.click(385, 400)
    expect(link).to_be_hidden()
    toggle.click()
    page.get_by_role("button", name="New chat").first.click()
    expect(link).to_be_hidden()
    expect(page.get_by_text("What shall we pour today?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_is_shown_after_a_reload_is_what_is_stored(chat: Chat, stack: Stack) -> None:
    text = "# Head\n\nSome *text*,\ttabs  and trailing  \nspaces\n\n```py\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n—\u2028é\n"  # noqa: E501
    stack.script(Scenario(text=text, reasoning="Let me think."))
    chat.send("Everything")
    chat.wait_until_done()
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    (_, answer) = stored(stack.api, thread_id(chat.page))
    for _ in range(2):
        chat.answers.last.get_by_role("button", name="Copy", exact=True).last.click()
        expect(chat.answers.last.get_by_role("button", name="Copied")).to_be_visible()
        assert chat.page.evaluate("navigator.clipboard.readText()") == text_of(answer) == text
        chat.page.reload()
        expect(chat.page.get_by_role("heading", name="Head")).to_be_visible()
