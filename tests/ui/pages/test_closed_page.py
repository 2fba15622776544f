"""A page that is closed is freed by reference counting: the collector, which runs rarely, has nothing left to do."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.opened_page import OpenedPage
from tests.support.scripted_api import WAIT_SECONDS, ScriptedRun
from ui import texts
from ui.client.mailbox import Mailbox
from ui.client.run_reader import RunReader
from ui.elements.message_editor import MessageEditor
from ui.elements.message_view import AnswerView, UserMessageView
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.pages.open_thread import OpenThread
from ui.pages.thread_list import ThreadList
from ui.pages.workspace import Workspace
from ui.thread.open_run import OpenRun
from ui.thread.state import ChatState
from ui.thread.tree import MessageTree

OURS = (
    AnswerView,
    ChatState,
    Mailbox,
    MessageEditor,
    MessageTree,
    OpenRun,
    OpenThread,
    RunReader,
    StreamedMarkdown,
    ThreadList,
    UserMessageView,
    Workspace,
)


def alive() -> weakref.WeakSet[Any]:
    return weakref.WeakSet(each for each in gc.get_objects() if type(each) in OURS)


@pytest.fixture(autouse=True)
def former() -> Iterator[weakref.WeakSet[Any]]:
    """Switch the collector off; give what other tests have left, whose pages end with their process."""
    gc.collect()
    gc.disable()
    yield alive()
    gc.enable()


async def until_freed(objects: weakref.WeakSet[Any]) -> None:
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while objects:
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"left to the collector: {sorted(type(each).__name__ for each in objects)}")


async def close(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    """Close the page as NiceGUI does some time after the browser has left; see what is left of it."""
    ours = alive() - former
    assert {type(each) for each in ours} >= {ChatState, MessageTree, OpenThread, ThreadList, Workspace}
    assert page.user.client
    page.user.client.delete()
    await until_freed(ours)


async def ask(page: OpenedPage, text: str = "Why?") -> ScriptedRun:
    page.send(text)
    return (await page.next_run()).start()


async def test_a_page_that_was_only_opened(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    await close(page, former)


async def test_a_page_with_an_answer_to_its_end(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    run = (await ask(page)).send("reasoning.delta", text="Hm.").text("Be", "cause")
    run.send("usage", input_tokens=1, output_tokens=2, estimated=False).complete()
    await page.until(lambda: not page.is_running)
    await close(page, former)


async def test_a_page_in_the_middle_of_an_answer(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    await close(page, former)
    assert not run.cancelled.is_set()


async def test_a_page_whose_answer_failed(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    run = (await ask(page)).text("Half")
    run.send("run.failed", code="upstream_error", message="Broke.", retryable=True).end()
    await page.until(lambda: not page.is_running)
    await close(page, former)


async def test_a_page_whose_answer_was_stopped(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    page.stop()
    await page.until(lambda: not page.is_running)
    await close(page, former)


async def test_a_page_that_was_refused(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    page.api.refuse(503, {"error": "Busy.", "code": "busy", "retryable": True, "request_id": "r"}, path_end="/runs")
    page.send("Why?")
    await page.until(lambda: page.given_back)
    await close(page, former)


async def test_a_page_whose_connection_broke(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    run.abort()
    run.text(" and half").complete()
    await page.until(lambda: not page.is_running)
    await close(page, former)


async def test_a_page_that_is_being_edited(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    (await ask(page)).text("Because").complete()
    await page.until(lambda: not page.is_running)
    with page.user:
        page.all(UserMessageView)[0].open_editor()
    await close(page, former)


async def test_a_page_while_the_api_is_away(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    page.api.hang_up()
    page.look()
    await page.until(lambda: page.sees(texts.RECONNECTING))
    await close(page, former)
    page.api.listen()


async def test_a_thread_that_was_left(page: OpenedPage, former: weakref.WeakSet[Any]) -> None:
    (await ask(page)).text("Because").complete()
    await page.until(lambda: not page.is_running)
    of_thread = AnswerView | ChatState | MessageTree | OpenThread | UserMessageView
    left = weakref.WeakSet(each for each in alive() - former if isinstance(each, of_thread))
    page.click("new-chat")
    await until_freed(left)
