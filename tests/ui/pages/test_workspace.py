"""Threads on the page, as NiceGUI's simulated user sees them."""

import threading
from typing import Any

from nicegui.testing import User

from tests.support.opened_page import OpenedPage
from tests.support.scripted_runs import ScriptedRun
from ui import texts
from ui.elements.address import Address
from ui.elements.chat_menu import ChatMenu
from ui.elements.message_editor import MessageEditor
from ui.elements.message_view import UserMessageView
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import UndoToast
from ui.elements.thread_index import ThreadIndex
from ui.elements.thread_settings import ThreadSettings
from ui.elements.tools_panel import ToolsPanel


def said(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}]


def store_thread(page: OpenedPage, *turns: str, title: str = "Wine") -> str:
    """Store a thread of alternating questions and answers."""
    store = page.api.store
    thread_id = str(store.create({"title": title})["thread_id"])
    parent_id = None
    for number, text in enumerate(turns):
        role = "assistant" if number % 2 else "user"
        parent_id = store.add(thread_id, parent_id, role, said(text))["message_id"]
    return thread_id


async def opened(page: OpenedPage, thread_id: str) -> OpenedPage:
    other = OpenedPage(User(page.user.http_client), page.api)
    await other.user.open(f"/t/{thread_id}")
    return other


def index(page: OpenedPage) -> ThreadIndex:
    (found,) = page.all(ThreadIndex)
    assert isinstance(found, ThreadIndex)
    return found


def do(page: OpenedPage, what: str, *arguments: object) -> None:
    page.user.find(ThreadIndex).trigger(what, arguments[0] if len(arguments) == 1 else list(arguments))


async def test_the_address_of_a_thread_shows_it_as_it_is_stored(page: OpenedPage) -> None:
    text = "# Head\n\n**bold**  \n\ttab \u2028 é\n"
    thread_id = store_thread(page, "one", text, "two", "Second")
    other = await opened(page, thread_id)
    await other.until(lambda: other.answers == [text, "Second"])
    assert other.questions == ["one", "two"]
    assert not other.is_running


async def test_a_long_thread_is_read_to_its_end_and_shows_the_end_first(page: OpenedPage) -> None:
    turns = [f"{kind}{number}" for number in range(60) for kind in ("Q", "A")]
    other = await opened(page, store_thread(page, *turns))
    await other.until(lambda: other.answers)
    assert other.answers == [f"A{number}" for number in range(40, 60)]
    other.click(texts.SHOW_EARLIER)
    await other.until(lambda: len(other.answers) == 40)
    other.click(texts.SHOW_EARLIER)
    await other.until(lambda: len(other.answers) == 60)
    await other.user.should_not_see(texts.SHOW_EARLIER)
    views = [view for view in other.all(UserMessageView)[0].parent_slot.children if isinstance(view, UserMessageView)]
    assert [view.message.text for view in views] == [f"Q{number}" for number in range(60)]


async def test_a_running_answer_is_taken_up_in_the_middle(page: OpenedPage) -> None:
    thread_id = store_thread(page)
    run = page.api.store.start(thread_id, {"content": "Why?"}, {}, 0.02).start().text("Be", "cau")
    other = await opened(page, thread_id)
    await other.until(lambda: other.answers == ["Becau"])
    assert other.is_running
    run.text("se").complete()
    await other.until(lambda: not other.is_running)
    assert other.answers == ["Because"]


async def test_two_pages_follow_the_same_answer_and_either_stops_it(page: OpenedPage) -> None:
    page.send("Why?")
    run = (await page.next_run()).start().text("Half")
    await page.until(lambda: page.answers == ["Half"])
    other = await opened(page, run.thread_id)
    await other.until(lambda: other.answers == ["Half"])
    other.stop()
    for each in (page, other):
        await each.until(lambda each=each: not each.is_running)
        assert each.answers == ["Half"]
        await each.user.should_see(texts.STOPPED)


async def test_what_another_page_asks_appears_with_the_next_look(page: OpenedPage) -> None:
    thread_id = store_thread(page, "one", "First")
    other = await opened(page, thread_id)
    await other.until(lambda: other.answers == ["First"])
    page.api.store.start(thread_id, {"content": "two"}, {}, 0.02).start().text("Second")
    other.look()
    await other.until(lambda: other.answers == ["First", "Second"])
    assert (other.is_running, other.listed) == (True, ["Wine"])


async def test_a_refused_message_shows_what_else_runs(page: OpenedPage) -> None:
    thread_id = store_thread(page, "one", "First")
    other = await opened(page, thread_id)
    await other.until(lambda: other.answers == ["First"])
    run: ScriptedRun = page.api.store.start(thread_id, {"content": "two"}, {}, 0.02).start()
    other.send("mine")
    await other.until(lambda: other.given_back)
    await other.until(lambda: other.is_running)
    assert other.questions == ["one", "two"]
    run.complete()


async def test_of_two_quick_switches_the_last_is_stored(page: OpenedPage) -> None:
    thread_id = store_thread(page, "one", "First")
    other = await opened(page, thread_id)
    await other.until(lambda: other.answers == ["First"])
    store, second, told = page.api.store, threading.Event(), []

    def slow_first(fields: dict[str, Any]) -> None:
        told.append(fields)
        second.set() if len(told) > 1 else second.wait(0.5)

    store.before_update = slow_first
    for off in (["s/a"], ["s/a", "s/b"]):
        other.user.find(ToolsPanel).trigger("change", off)
    await other.until(lambda: len(told) == 2 and store.threads[thread_id].get("tools_off") == ["s/a", "s/b"])
    assert told == [{"tools_off": ["s/a"]}, {"tools_off": ["s/a", "s/b"]}]


async def test_a_thread_that_is_not_there_becomes_a_new_one(page: OpenedPage) -> None:
    other = await opened(page, "t404")
    await other.until(lambda: texts.GONE in other.browser.told("say"))
    await other.user.should_see(texts.GREETING)
    other.send("Hello")
    (await other.next_run()).start().complete()


async def test_an_edited_message_asks_again_beside_the_first(page: OpenedPage) -> None:
    other = await opened(page, store_thread(page, "one", "First", "two", "Second"))
    await other.until(lambda: other.answers == ["First", "Second"])
    with other.user:
        other.all(UserMessageView)[1].open_editor()
    other.user.find(MessageEditor).trigger("save", "two, really")
    run = await other.next_run()
    first_answer = other.api.store.messages[run.thread_id][1]
    assert run.body == {"content": "two, really", "parent_id": first_answer["message_id"]}
    run.start().text("Third").complete()
    await other.until(lambda: other.answers == ["First", "Third"])
    await other.user.should_see("2/2")
    with other.user:
        other.all(UserMessageView)[1]._actions.choose(other.all(UserMessageView)[1]._versions._versions[0])
    assert other.answers == ["First", "Second"]


async def test_an_edit_that_is_refused_opens_the_editor_again(page: OpenedPage) -> None:
    other = await opened(page, store_thread(page, "one", "First"))
    await other.until(lambda: other.answers == ["First"])
    with other.user:
        other.all(UserMessageView)[0].open_editor()
    refusal = {"error": "Every slot is taken.", "code": "busy", "retryable": True, "request_id": "r"}
    other.api.refuse(503, refusal, path_end="/runs")
    other.user.find(MessageEditor).trigger("save", "uno")
    await other.until(lambda: "Every slot is taken." in other.browser.told("say"))
    (editor,) = other.all(MessageEditor)
    assert editor.props["text"] == "uno"
    assert other.answers == ["First"]


async def test_an_interrupted_answer_goes_on(page: OpenedPage) -> None:
    page.send("Why?")
    run = (await page.next_run()).start().text("Half")
    run.send("run.interrupted", code="internal", message="Gone.", retryable=True).end()
    await page.user.should_see(texts.INTERRUPTED, retries=50)
    page.click("continue")
    longer = await page.next_run()
    assert longer.body == {"continue_id": run.message_id}
    longer.start().text(" and half").complete()
    await page.until(lambda: page.answers == ["Half and half"])
    await page.user.should_see("2/2")


async def test_a_new_thread_gets_an_address_a_title_and_a_place_in_the_list(page: OpenedPage) -> None:
    page.send("About wine")
    run = (await page.next_run()).start()
    await page.until(lambda: page.listed == ["About wine"])
    await page.until(lambda: run.thread_id in page.browser.told("show"))
    (address,) = page.all(Address)
    await page.until(lambda: address.props["title"] == "About wine")
    assert index(page).props["shown"]["running"] == run.thread_id
    run.complete()
    await page.until(lambda: index(page).props["shown"]["running"] is None)


async def test_a_thread_is_opened_renamed_deleted_and_brought_back(page: OpenedPage) -> None:
    thread_id = store_thread(page, "one", "First")
    await page.until_listed(lambda: page.listed == ["Wine"])
    do(page, "open", thread_id)
    await page.until(lambda: page.answers == ["First"])
    do(page, "rename", thread_id, " Cheese ")
    await page.until(lambda: page.listed == ["Cheese"])
    assert page.api.store.threads[thread_id]["title"] == "Cheese"
    do(page, "delete", thread_id)
    await page.user.should_see(texts.DELETED, retries=50)
    await page.user.should_see(texts.GREETING)
    assert page.listed == []
    page.click(texts.UNDO)
    await page.until(lambda: page.answers == ["First"] and page.listed == ["Cheese"])


async def test_all_that_was_deleted_can_be_brought_back_while_somebody_looks_at_it(page: OpenedPage) -> None:
    ids = [store_thread(page, title=title) for title in ("Wine", "Cheese", "Bread")]
    await page.until_listed(lambda: len(page.listed) == 3)
    for thread_id in ids:
        do(page, "delete", thread_id)
        await page.until(lambda thread_id=thread_id: thread_id in page.api.store.deleted)
    await page.user.should_see(texts.DELETED_MORE.format(count=3))
    (toast,) = page.all(UndoToast)
    for held, let_go in (("pointerenter", "pointerleave"), ("focusin", "focusout")):
        page.user.find(UndoToast).trigger(held)
        await page.until(lambda: toast._timer is None)
        page.user.find(UndoToast).trigger(let_go)
        await page.until(lambda: toast._timer is not None)
    for count in (1, 2, 3):
        do(page, "undo")
        await page.until(lambda count=count: len(page.listed) == count)
    assert page.all(UndoToast) == []
    do(page, "undo")


async def test_the_list_is_searched_and_goes_on(page: OpenedPage) -> None:
    for number in range(55):
        store_thread(page, title=f"Wine {number}")
    store_thread(page, title="Cheese")
    await page.until_listed(lambda: len(page.listed) == 50)
    do(page, "more")
    await page.until(lambda: len(page.listed) == 56)
    page.look()
    do(page, "search", "chee")
    await page.until(lambda: page.listed == ["Cheese"])
    do(page, "search", "nothing")
    await page.until(lambda: page.listed == [])


async def test_ids_that_the_list_was_not_given_do_nothing(page: OpenedPage) -> None:
    thread_id = store_thread(page, "one", "First")
    do(page, "open", thread_id)
    do(page, "delete", "../models")
    do(page, "rename", "x", "y")
    assert page.answers == []
    assert page.api.store.deleted == set()


async def test_settings_are_kept_until_there_is_a_thread_and_saved_then(page: OpenedPage) -> None:
    await page.until(lambda: page.all(ModelChoice)[0].props["names"])
    page.user.find(ChatMenu).trigger("choose", 0)
    page.user.find(ThreadSettings).trigger("save", ["other", "Be short."])
    page.send("Why?")
    run = (await page.next_run()).start().complete()
    thread = page.api.store.threads[run.thread_id]
    await page.until(lambda: not page.is_running)
    assert (thread["model"], thread["system_prompt"]) == ("other", "Be short.")
    page.user.find(ThreadSettings).trigger("save", ["scripted", ""])
    await page.until(lambda: (thread["model"], thread["system_prompt"]) == ("scripted", ""))


async def test_a_file_leaves_and_enters(page: OpenedPage) -> None:
    thread_id = store_thread(page, "one", "First")
    exported = await page.user.http_client.get(f"/t/{thread_id}/export.json")
    assert exported.headers["content-disposition"] == "attachment; filename*=UTF-8''Wine.json"
    headers = {"Content-Type": "application/json"}
    imported = await page.user.http_client.post("/import", content=exported.content, headers=headers)
    copy_id = imported.json()["thread_id"]
    copy = [message["parts"] for message in page.api.store.messages[copy_id]]
    assert copy == [message["parts"] for message in page.api.store.messages[thread_id]]
    refused = await page.user.http_client.post("/import", content=b"[]", headers=headers)
    assert (refused.status_code, "no messages" in refused.json()["error"]) == (400, True)
    assert (await page.user.http_client.post("/import", content=exported.content)).status_code == 415
    assert (await page.user.http_client.get("/t/t404/export.md")).status_code == 404
    assert "## Answer\n\nFirst" in (await page.user.http_client.get(f"/t/{thread_id}/export.md")).text
