"""The product as a person uses it: a real browser, real processes, a scripted provider."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visit
from tests.support.processes import free_port, running_api, running_ui, wait_for
from tests.support.provider.scenario import Scenario
from tests.support.stack import MODEL, Chat, Stack, stored, text_of, thread_id

pytestmark = pytest.mark.browser

COUNT = " ".join(str(number) for number in range(1, 61))
# Where a scroll that is animated comes to rest.
AT_REST = """element => new Promise((resolve) => {
    const look = (before) => element.scrollTop === before ? resolve(before) : setTimeout(look, 200, element.scrollTop);
    look(-1);
})"""
HELD = Scenario(text=COUNT, chunk_chars=3, held_after_chunks=9)


@pytest.fixture
def chat(visit: Visit, stack: Stack) -> Chat:
    stack.provider.reset()
    return Chat(visit.page, stack.ui.url)


def test_text_grows_while_the_model_still_speaks(chat: Chat, stack: Stack) -> None:
    stack.script(HELD)
    chat.send("Count to sixty")
    expect(chat.answer).to_have_text(COUNT[:24])
    (call,) = stack.provider.calls(MODEL)
    assert (call.ended_at, len(call.chunks_sent_at)) == (None, 9)
    stack.release()
    chat.wait_until_done()
    expect(chat.answer).to_have_text(COUNT)
    assert call.body["messages"] == [{"role": "user", "content": "Count to sixty"}]


def test_stop_closes_the_provider_and_the_text_stays(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(text=COUNT * 200, chunk_chars=3, chunks_per_second=20), Scenario(text="Once more"))
    chat.send("Count")
    chat.expect_answer("1 2 3")
    chat.stop_button.click()
    stack.provider.wait_for(lambda calls: calls[0].client_closed_at)
    stopped = chat.answers.first
    expect(stopped).to_contain_text("Stopped")
    kept = text_of(stored(stack.api, thread_id(chat.page))[-1]).strip()
    expect(stopped.locator(".answer-body")).to_have_text(kept)  # The last frame may come a moment after the notice.
    chat.send("Again")
    chat.expect_answer("Once more")
    expect(stopped.locator(".answer-body")).to_have_text(kept)


def test_stop_works_before_the_first_token(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(held_after_chunks=0))
    chat.send("Count")
    wait_for(lambda: stack.provider.calls(MODEL))
    chat.stop_button.click()
    stack.provider.wait_for(lambda calls: calls[0].client_closed_at)
    expect(chat.answers.last).to_contain_text("Stopped")


def test_closing_the_tab_leaves_the_answer_to_be_written(visit: Visit, chat: Chat, stack: Stack) -> None:
    stack.script(HELD)
    chat.send("Count")
    chat.expect_answer("1 2 3")
    address = visit.page.url
    context = visit.page.context
    visit.page.close()
    stack.release()
    stack.provider.wait_for(lambda calls: calls[0].ended_at)
    again = Chat(context.new_page(), address)
    expect(again.answer).to_have_text(COUNT)


def test_the_conversation_is_told_to_the_model_and_a_new_chat_begins(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(text="First answer"), Scenario(text="Second answer"), Scenario(text="Third answer"))
    chat.send("one")
    chat.expect_answer("First answer")
    chat.wait_until_done()
    chat.send("two")
    chat.expect_answer("Second answer")
    chat.wait_until_done()
    told = stack.provider.calls(MODEL)[-1].body["messages"]
    assert [message["content"] for message in told] == ["one", "First answer", "two"]
    chat.page.get_by_role("button", name="New chat").first.click()
    expect(chat.page.get_by_text("First answer")).to_be_hidden()
    chat.send("three")
    chat.expect_answer("Third answer")
    assert [message["content"] for message in stack.provider.calls(MODEL)[-1].body["messages"]] == ["three"]


def test_a_failure_has_a_sentence_and_retry_answers(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(text="Half an ans", ending="cut", finish_reason=None), Scenario(text="A whole answer"))
    chat.send("Hello")
    expect(chat.answers.last).to_contain_text("The answer failed.")
    chat.expect_answer("Half an ans")
    chat.page.get_by_role("button", name="Retry").click()
    chat.expect_answer("A whole answer")
    assert chat.answers.count() == 1


def test_a_refused_key_says_what_to_check(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(status=401, body='{"error": {"message": "invalid api key"}}'))
    chat.send("Hello")
    expect(chat.answers.last).to_contain_text("OPENAI_API_KEY")


def test_reasoning_is_folded_away_and_kept_apart(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(reasoning="Let me think about it.", text="Forty-two."))
    chat.send("The question")
    chat.expect_answer("Forty-two.")
    thought = chat.page.get_by_text("Let me think about it.")
    expect(thought).to_be_hidden()
    chat.page.get_by_text(re.compile("^Thought")).click()
    expect(thought).to_be_visible()


def test_enter_during_ime_composition_does_not_send(chat: Chat, stack: Stack) -> None:
    chat.composer.fill("ni hao")
    chat.composer.evaluate(
        """field => {
            const enter = {key: 'Enter', bubbles: true, cancelable: true};
            field.dispatchEvent(new KeyboardEvent('keydown', {...enter, isComposing: true}));
            field.dispatchEvent(new KeyboardEvent('keydown', {...enter, keyCode: 229}));
        }"""
    )
    chat.composer.press("Shift+Enter")
    chat.composer.press_sequentially("ma?")
    chat.composer.press("Enter")
    chat.expect_answer("ma?")
    (call,) = stack.provider.calls(MODEL)
    assert call.body["messages"] == [{"role": "user", "content": "ni hao\nma?"}]


def test_a_double_enter_asks_once(chat: Chat, stack: Stack) -> None:
    stack.script(Scenario(text="Once."))
    chat.composer.fill("Hello")
    chat.composer.evaluate(
        """field => {
            const enter = {key: 'Enter', bubbles: true, cancelable: true};
            field.dispatchEvent(new KeyboardEvent('keydown', enter));
            field.dispatchEvent(new KeyboardEvent('keydown', enter));
        }"""
    )
    chat.expect_answer("Once.")
    chat.wait_until_done()
    assert len(stack.provider.calls(MODEL)) == 1


def test_a_reader_who_scrolled_up_is_never_moved(chat: Chat, stack: Stack) -> None:
    lines = "\n\n".join(f"Paragraph {number} of a long answer." for number in range(150))
    stack.script(Scenario(text=lines, chunk_chars=20, chunks_per_second=200, held_after_chunks=120))
    chat.send("Write")
    chat.expect_answer("Paragraph 60 of")
    scroller = chat.page.locator(".scroller-view")
    chat.page.mouse.move(600, 400)
    chat.page.mouse.wheel(0, -1500)
    jump = chat.page.get_by_role("button", name="Jump to the latest message")
    expect(jump).to_be_visible()
    before = scroller.evaluate(AT_REST)
    stack.release()
    chat.expect_answer("Paragraph 149 of")
    assert scroller.evaluate("element => element.scrollTop") == before
    jump.click()
    at_end = "e => e.scrollHeight - e.clientHeight - e.scrollTop < 40"
    wait_for(lambda: scroller.evaluate(at_end), what="the end of the thread")


def test_a_short_network_gap_loses_nothing(visit: Visit, chat: Chat, stack: Stack) -> None:
    stack.script(HELD)
    chat.send("Count")
    chat.expect_answer("1 2 3")
    visit.page.context.set_offline(True)
    visit.page.evaluate("window.socket?.io?.engine?.close()")
    stack.release()
    stack.provider.wait_for(lambda calls: calls[0].ended_at)
    visit.page.context.set_offline(False)
    expect(chat.answer).to_have_text(COUNT)


def test_the_page_waits_for_an_api_that_is_away(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    port = free_port()
    with running_ui(tmp_path, API_URL=f"http://127.0.0.1:{port}") as ui:
        chat = Chat(visit.page, ui.url)
        expect(visit.page.get_by_role("alert")).to_contain_text("does not answer")
        settings = {"OPENAI_BASE_URL": stack.provider.base_url, "LLM_MODEL": MODEL, "PORT": port}
        with running_api(tmp_path, **settings):
            expect(visit.page.get_by_role("alert")).to_be_hidden()
            stack.script(Scenario(text="Here again"))
            chat.send("Hello")
            chat.expect_answer("Here again")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_nothing_comes_from_elsewhere(
    visit: Visit,
    stack: Stack,
    width: int,
    scheme: str,
) -> None:
    visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visit.page.set_viewport_size({"width": width, "height": 760})
    code = "```python\n" + "x = 1 " * 60 + "\n```"
    stack.script(Scenario(text=f"# Title\n\n{'word ' * 80}\n\n{code}\n\n|a|b|\n|-|-|\n|1|2|\n"))
    chat = Chat(visit.page, stack.ui.url)
    chat.send("long" * 60)
    chat.wait_until_done()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert visit.page.evaluate(overflow) <= 0
    assert (visit.foreign_requests, visit.errors) == ([], [])
