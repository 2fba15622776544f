import asyncio

import pytest

from tests.support.opened_page import OpenedPage
from tests.support.processes import WAIT_SECONDS
from tests.support.scripted_api import ScriptedRun
from ui import texts
from ui.elements.composer import MAX_CHARACTERS
from ui.elements.model_choice import ModelChoice

REFUSAL = {"error": "Every slot is taken.", "code": "busy", "retryable": True, "request_id": "req-7"}
RETRYABLE = {"code": "upstream_error", "message": "The model broke.", "retryable": True}


async def ask(page: OpenedPage, text: str = "Why?") -> ScriptedRun:
    page.send(text)
    return (await page.next_run()).start()


async def answered(page: OpenedPage, question: str, answer: str) -> None:
    (await ask(page, question)).text(answer).complete()
    await page.until(lambda: not page.is_running)


async def test_an_empty_page_greets_and_suggests(page: OpenedPage) -> None:
    await page.user.should_see(texts.GREETING)
    page.click(texts.SUGGESTIONS[0])
    run = await page.next_run()
    assert run.body == {"content": texts.SUGGESTIONS[0], "parent_id": None}
    await page.user.should_not_see(texts.GREETING)


async def test_a_message_goes_below_what_is_shown(page: OpenedPage) -> None:
    first = await ask(page, "one")
    first.text("First").complete()
    await page.until(lambda: not page.is_running)
    second = await ask(page, "two")
    assert second.thread_id == first.thread_id
    assert second.body == {"content": "two", "parent_id": first.message_id}
    assert (page.questions, page.answers) == (["one", "two"], ["First", ""])


async def test_stop_cancels_the_run_and_the_text_is_what_the_log_says(page: OpenedPage) -> None:
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    page.stop()
    await page.until(lambda: page.said == texts.SAY_STOPPED)
    await page.user.should_see(texts.STOPPED)
    assert (page.is_running, page.answers, run.cancelled.is_set()) == (False, ["Half"], True)


async def test_stop_before_the_first_byte_cancels_as_soon_as_there_is_a_run(page: OpenedPage) -> None:
    page.send("Why?")
    page.stop()
    run = (await page.next_run()).start()
    assert await asyncio.to_thread(run.cancelled.wait, WAIT_SECONDS)
    await page.until(lambda: not page.is_running)


async def test_a_broken_connection_is_nobody_s_business(page: OpenedPage) -> None:
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    for _ in range(3):
        run.abort()
        run.text(".")
    run.text(" and half").complete()
    await page.until(lambda: not page.is_running)
    assert page.answers == ["Half... and half"]
    assert run.readers_opened > 1


async def test_a_long_cut_is_said_and_heals(page: OpenedPage) -> None:
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    page.api.hang_up()
    await page.until(lambda: page.sees(texts.RECONNECTING))
    page.api.listen()
    run.text(" and half").complete()
    await page.until(lambda: page.answers == ["Half and half"])
    assert not page.sees(texts.RECONNECTING)


async def test_what_was_stored_is_the_truth_when_the_page_saw_more(page: OpenedPage) -> None:
    run = (await ask(page)).text("Seen", " and lost")
    await page.until(lambda: page.answers == ["Seen and lost"])
    run.forget(" and lost")
    run.abort()
    await page.user.should_see(texts.INTERRUPTED)
    await page.until(lambda: not page.is_running)
    assert page.answers == ["Seen"]


async def test_a_failure_has_its_sentence_and_retry_answers_beside_it(page: OpenedPage) -> None:
    run = (await ask(page)).text("Half")
    run.send("run.failed", **RETRYABLE).end()
    await page.user.should_see("The model broke.")
    await page.until(lambda: "The model broke." in page.said)
    page.click("retry")
    again = (await page.next_run()).start().text("Whole").complete()
    assert again.body == {"parent_id": page.api.store.messages["t1"][0]["message_id"]}
    await page.until(lambda: page.answers == ["Whole"])
    await page.user.should_not_see("The model broke.")
    await page.user.should_see("2/2")


async def test_only_the_last_answer_offers_retry(page: OpenedPage) -> None:
    run = await ask(page, "one")
    run.send("run.failed", code="busy", message="Later.", retryable=True).end()
    await page.user.should_see("retry")
    await answered(page, "two", "Second")
    await page.user.should_not_see("retry")
    await page.user.should_see("Later.")


async def test_what_the_api_refuses_is_given_back_with_its_sentence(page: OpenedPage) -> None:
    await answered(page, "one", "First")
    page.api.refuse(503, REFUSAL, path_end="/runs", Retry_After="5")
    page.send("two")
    await page.until(lambda: page.given_back)
    assert page.given_back == ["Every slot is taken. Try again in 5 s."]
    assert (page.questions, page.answers, page.is_running) == (["one"], ["First"], False)


async def test_a_key_that_has_run_shows_its_run_and_starts_none(page: OpenedPage) -> None:
    page.send("Why?", key="a" * 32)
    run = (await page.next_run()).start().text("Once").complete()
    await page.until(lambda: not page.is_running)
    page.send("Why?", key="a" * 32)
    await page.until(lambda: page.answers == ["Once"] and not page.is_running)
    assert page.questions == ["Why?"]
    assert page.api.runs.empty()
    assert [*page.api.store.runs.values()] == [run]


async def test_an_older_api_that_does_not_tell_the_question_is_asked_for_the_thread(page: OpenedPage) -> None:
    page.send("Why?")
    run = await page.next_run()
    told = {"run_id": run.run_id, "thread_id": run.thread_id, "message_id": run.message_id, "model": "scripted"}
    run.send("run.started", **told).text("Be")
    await page.until(lambda: page.answers == ["Be"])
    assert page.is_running
    run.text("cause").complete()
    await page.until(lambda: not page.is_running)
    assert (page.questions, page.answers) == (["Why?"], ["Because"])


async def test_text_grows_while_the_answer_is_written(page: OpenedPage) -> None:
    run = await ask(page)
    assert (page.is_running, page.said) == (True, texts.SAY_ANSWERING)
    run.text("Be")
    await page.until(lambda: page.answers == ["Be"])
    run.text("cause").send("usage", input_tokens=1, output_tokens=1234, estimated=True).complete()
    await page.until(lambda: page.said == texts.SAY_COMPLETED)
    assert (page.answers, page.is_running) == (["Because"], False)
    await page.user.should_see("≈\u20091,234 tokens")


async def test_a_second_message_waits_for_the_end_of_the_answer(page: OpenedPage) -> None:
    run = await ask(page, "one")
    page.send("two")
    await page.user.should_not_see("two")
    run.text("1").complete()
    await page.until(lambda: not page.is_running)
    assert page.api.runs.empty()


@pytest.mark.parametrize("text", ["", " \n", "x" * (MAX_CHARACTERS + 1), None, {"a": 1}])
async def test_what_is_no_message_is_not_sent(page: OpenedPage, text: object) -> None:
    page.send(text)  # type: ignore[arg-type]
    assert not page.is_running
    await page.user.should_see(texts.GREETING)


async def test_what_cannot_be_retried_offers_no_retry(page: OpenedPage) -> None:
    run = await ask(page)
    run.send("run.failed", code="context_too_long", message="It is too long.", retryable=False).end()
    await page.user.should_see("It is too long.")
    await page.user.should_not_see("retry")


async def test_an_interrupted_run_says_so(page: OpenedPage) -> None:
    run = (await ask(page)).text("Half")
    run.send("run.interrupted", code="server_shutdown", message="The API restarts.", retryable=True).end()
    await page.user.should_see(texts.INTERRUPTED)
    await page.user.should_see("The API restarts.")


async def test_an_answer_with_a_limit_or_without_words_says_so(page: OpenedPage) -> None:
    (await ask(page)).text("Long").complete("length")
    await page.user.should_see(texts.FINISH_REASONS["length"])
    (await ask(page)).complete()
    await page.user.should_see(texts.EMPTY_ANSWER)


async def test_reasoning_is_folded_and_rendered_only_when_unfolded(page: OpenedPage) -> None:
    run = (await ask(page)).send("reasoning.delta", text="Let me think.")
    await page.user.should_see(texts.THINKING)
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


async def test_a_tool_call_is_a_line_with_its_name(page: OpenedPage) -> None:
    (await ask(page)).send("tool_call.started", tool_call_id="c", name="web_search", arguments="{}").text(
        "x"
    ).complete()
    await page.user.should_see("web_search")


async def test_the_page_is_built_without_the_api(page: OpenedPage) -> None:
    page.api.hang_up()
    await asyncio.wait_for(page.user.open("/"), WAIT_SECONDS)
    await page.user.should_see(texts.GREETING)
    page.api.listen()


async def test_the_chosen_model_is_the_thread_s(page: OpenedPage) -> None:
    (choice,) = page.all(ModelChoice)
    await page.until(lambda: choice.props["names"])
    page.user.find(ModelChoice).trigger("choose", "made-up")
    page.user.find(ModelChoice).trigger("choose", "other")
    (await ask(page)).complete()
    assert page.api.store.threads["t1"]["model"] == "other"
    await page.until(lambda: not page.is_running)
    page.user.find(ModelChoice).trigger("choose", "scripted")
    await page.until(lambda: page.api.store.threads["t1"]["model"] == "scripted")


async def test_an_api_that_goes_away_raises_the_banner_until_it_is_back(page: OpenedPage) -> None:
    await answered(page, "one", "First")
    page.api.hang_up()
    page.look()
    await page.until(lambda: page.banner)
    assert texts.API_AWAY in page.banner
    page.api.listen()
    await page.until(lambda: not page.banner)
    await answered(page, "two", "Second")


async def test_a_wrong_token_is_said_at_once(page: OpenedPage) -> None:
    await page.until(lambda: {"/models", "/threads"} <= {path for _, path, _ in page.api.requests})
    body = {"error": "The access token is wrong.", "code": "unauthorized", "request_id": "r"}
    page.api.refuse(401, body, path_end="/runs")
    page.send("Why?")
    await page.until(lambda: page.given_back)
    assert page.given_back == ["The access token is wrong."]


async def test_a_page_that_is_gone_leaves_its_run_alone(page: OpenedPage) -> None:
    run = (await ask(page)).text("Half")
    await page.until(lambda: page.answers == ["Half"])
    assert page.user.client
    page.user.client.delete()
    assert await asyncio.to_thread(run.client_gone.wait, WAIT_SECONDS)
    assert not run.cancelled.is_set()
