import asyncio

import pytest
from nicegui.testing import User

from tests.ui.pages.opened_page import OpenedPage, api, page  # noqa: F401
from tests.ui.scripted_api import ScriptedRun
from ui import texts
from ui.elements.composer import MAX_CHARACTERS
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import UndoToast
from ui.elements.thread_view import ThreadView

REFUSAL = {"error": "Every slot is taken.", "code": "busy", "request_id": "req-7"}


async def ask(page: OpenedPage, text: str = "Why?") -> ScriptedRun:  # noqa: F811
    page.send(text)
    return (await page.next_run()).start()


async def answered(page: OpenedPage, question: str, answer: str) -> None:  # noqa: F811
    (await ask(page, question)).text(answer).complete()
    await page.until(lambda: not page.is_running)


async def test_an_empty_page_greets_and_suggests(page: OpenedPage) -> None:  # noqa: F811
    await page.user.should_see(texts.GREETING)
    page.click(texts.SUGGESTIONS[0])
    run = await page.next_run()
    assert run.last_text == texts.SUGGESTIONS[0]
    await page.user.should_not_see(texts.GREETING)


async def test_text_grows_while_the_answer_is_written(page: OpenedPage) -> None:  # noqa: F811
    run = await ask(page)
    assert (page.is_running, page.said) == (True, texts.SAY_ANSWERING)
    run.text("Be")
    await page.until(lambda: page.answers == ["Be"])
    run.text("cause").send("usage", input_tokens=1, output_tokens=1234, estimated=True).complete()
    await page.until(lambda: not page.is_running)
    assert (page.answers, page.said) == (["Because"], texts.SAY_COMPLETED)
    await page.user.should_see("≈\u20091,234 tokens")


async def test_the_whole_conversation_is_told_with_one_thread_id(page: OpenedPage) -> None:  # noqa: F811
    first = await ask(page, "one")
    first.text("First").complete()
    await page.until(lambda: not page.is_running)
    second = await ask(page, "two")
    assert [message["content"] for message in second.body["messages"]] == ["one", "First", "two"]
    assert second.body["thread_id"] == first.body["thread_id"]


async def test_stop_closes_the_stream_and_the_text_stays(page: OpenedPage) -> None:  # noqa: F811
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    page.stop()
    run.text(" and more")
    assert (page.is_running, page.said) == (False, texts.SAY_STOPPED)
    await page.user.should_see(texts.STOPPED)
    assert await asyncio.to_thread(run.client_gone.wait, 1.0)
    assert page.answers == ["Half"]


async def test_a_second_message_waits_for_the_end_of_the_answer(page: OpenedPage) -> None:  # noqa: F811
    run = await ask(page, "one")
    page.send("two")
    await page.user.should_not_see("two")
    run.text("1").complete()
    await page.until(lambda: not page.is_running)
    assert page.api.runs.empty()


@pytest.mark.parametrize("text", ["", " \n", "x" * (MAX_CHARACTERS + 1), None, {"a": 1}])
async def test_what_is_no_message_is_not_sent(page: OpenedPage, text: object) -> None:  # noqa: F811
    page.send(text)  # type: ignore[arg-type]
    assert not page.is_running
    await page.user.should_see(texts.GREETING)


async def test_a_failure_has_its_sentence_and_retry_asks_again(page: OpenedPage) -> None:  # noqa: F811
    run = (await ask(page)).text("Half")
    run.send("run.failed", code="upstream_error", message="The model broke.", retryable=True).end()
    await page.user.should_see("The model broke.", retries=50)
    assert "The model broke." in page.said
    page.click("retry")
    again = await page.next_run()
    assert again.body["messages"] == run.body["messages"]
    again.text("Whole").complete()
    await page.until(lambda: page.answers == ["Whole"])
    await page.user.should_not_see("The model broke.")


async def test_only_the_last_answer_offers_retry(page: OpenedPage) -> None:  # noqa: F811
    run = await ask(page, "one")
    run.send("run.failed", code="busy", message="Later.", retryable=True).end()
    await page.user.should_see("retry", retries=50)
    await answered(page, "two", "Second")
    await page.user.should_not_see("retry")
    await page.user.should_see("Later.")


async def test_what_cannot_be_retried_offers_no_retry(page: OpenedPage) -> None:  # noqa: F811
    run = await ask(page)
    run.send("run.failed", code="context_too_long", message="It is too long.", retryable=False).end()
    await page.user.should_see("It is too long.", retries=50)
    await page.user.should_not_see("retry")


@pytest.mark.parametrize(("ending", "headline"), [("abort", texts.TRUNCATED), ("end", texts.TRUNCATED)])
async def test_a_broken_stream_keeps_its_text_and_says_so(
    page: OpenedPage,  # noqa: F811
    ending: str,
    headline: str,
) -> None:
    run = (await ask(page)).text("Half")
    getattr(run, ending)()
    await page.user.should_see(headline, retries=50)
    assert page.answers == ["Half"]
    await page.user.should_see("retry")


async def test_an_interrupted_run_says_so(page: OpenedPage) -> None:  # noqa: F811
    run = (await ask(page)).text("Half")
    run.send("run.interrupted", code="server_shutdown", message="The API restarts.", retryable=True).end()
    await page.user.should_see(texts.INTERRUPTED, retries=50)
    await page.user.should_see("The API restarts.")


async def test_a_refusal_shows_the_api_s_sentence_and_request_id(page: OpenedPage) -> None:  # noqa: F811
    await page.until(lambda: page.api.requests)
    page.api.refuse(503, REFUSAL, Retry_After="5")
    page.send("Why?")
    await page.user.should_see("Every slot is taken. Try again in 5 s.", retries=50)
    await page.user.should_see(texts.REQUEST_ID.format(request_id="req-7"))


async def test_an_answer_with_a_limit_or_without_words_says_so(page: OpenedPage) -> None:  # noqa: F811
    (await ask(page)).text("Long").complete("length")
    await page.user.should_see(texts.FINISH_REASONS["length"], retries=50)
    (await ask(page)).complete()
    await page.user.should_see(texts.EMPTY_ANSWER, retries=50)


async def test_reasoning_is_folded_and_rendered_only_when_unfolded(page: OpenedPage) -> None:  # noqa: F811
    run = (await ask(page)).send("reasoning.delta", text="Let me think.")
    await page.user.should_see(texts.THINKING, retries=50)
    assert page.answers == [""]
    run.text("42").complete()
    await page.until(lambda: not page.is_running)
    await page.user.should_see(texts.THOUGHT.format(duration="1 s"))
    assert page.answers == ["42"]
    (summary,) = page.user.find(texts.THOUGHT.format(duration="1 s")).elements
    details = next(ancestor for ancestor in summary.ancestors() if ancestor.tag == "details")
    listener = next(listener for listener in details._event_listeners.values() if listener.type == "toggle")
    with page.user:
        listener.handler()
    assert page.answers == ["Let me think.42"]


async def test_a_tool_call_is_a_line_with_its_name(page: OpenedPage) -> None:  # noqa: F811
    (await ask(page)).send("tool_call.started", tool_call_id="c", name="web_search", arguments="{}").text(
        "x"
    ).complete()
    await page.user.should_see("Calls web_search", retries=50)


async def test_clear_begins_a_new_thread_and_undo_brings_the_old_one_back(page: OpenedPage) -> None:  # noqa: F811
    first = await ask(page, "one")
    first.text("First").complete()
    await page.until(lambda: not page.is_running)
    page.click("clear")
    await page.user.should_see(texts.GREETING)
    assert page.answers == []
    page.click(texts.UNDO)
    await page.user.should_not_see(texts.GREETING)
    assert page.answers == ["First"]
    page.click("clear")
    second = await ask(page, "two")
    assert [message["content"] for message in second.body["messages"]] == ["two"]
    assert second.body["thread_id"] != first.body["thread_id"]
    assert (len(page.all(UndoToast)), len(page.all(ThreadView, is_visible=False))) == (0, 1)


async def test_clear_stops_the_answer_that_is_written(page: OpenedPage) -> None:  # noqa: F811
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    page.click("clear")
    assert await asyncio.to_thread(run.client_gone.wait, 1.0)
    assert not page.is_running


async def test_the_chosen_model_is_asked(page: OpenedPage) -> None:  # noqa: F811
    (choice,) = page.all(ModelChoice)
    await page.until(lambda: choice.props["names"])
    page.user.find(ModelChoice).trigger("choose", "other")
    assert (await ask(page)).body["model"] == "other"


async def test_a_model_nobody_offered_is_not_asked(page: OpenedPage) -> None:  # noqa: F811
    page.user.find(ModelChoice).trigger("choose", "made-up")
    assert "model" not in (await ask(page)).body


async def test_an_api_that_goes_away_raises_the_banner_until_it_is_back(page: OpenedPage) -> None:  # noqa: F811
    await page.until(lambda: page.api.requests)
    page.api.hang_up()
    page.send("Why?")
    await page.until(lambda: page.banner)
    assert texts.API_AWAY in page.banner
    await page.user.should_see("retry", retries=50)
    page.api.listen()
    await page.until(lambda: not page.banner)
    page.click("retry")
    (await page.next_run()).text("Here").complete()
    await page.until(lambda: page.answers == ["Here"])


async def test_a_wrong_token_is_said_at_once(page: OpenedPage) -> None:  # noqa: F811
    await page.until(lambda: page.api.requests)
    page.api.refuse(401, {"error": "The access token is wrong.", "code": "unauthorized", "request_id": "r"})
    page.send("Why?")
    await page.user.should_see("The access token is wrong.", retries=50)
    await page.user.should_not_see("retry")


async def test_two_pages_know_nothing_of_each_other(page: OpenedPage) -> None:  # noqa: F811
    await answered(page, "one", "First")
    other = OpenedPage(User(page.user.http_client), page.api)
    await other.user.open("/")
    assert (other.answers, page.answers) == ([], ["First"])
    run = await ask(other, "two")
    assert [message["content"] for message in run.body["messages"]] == ["two"]
    assert not page.is_running


async def test_a_page_that_is_gone_ends_its_run(page: OpenedPage) -> None:  # noqa: F811
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    assert page.user.client
    page.user.client.delete()
    assert await asyncio.to_thread(run.client_gone.wait, 1.0)


async def test_the_page_is_built_without_the_api(page: OpenedPage) -> None:  # noqa: F811
    page.api.hang_up()
    await asyncio.wait_for(page.user.open("/"), 2)
    await page.user.should_see(texts.GREETING)
    page.api.listen()
