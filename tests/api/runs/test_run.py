"""A run from start to terminal event, above a scripted chat model."""

import threading
from dataclasses import dataclass

import pytest

from api.errors import ContextTooLong, ProviderError, ProviderRateLimited
from api.events import MessageDelta, RunCompleted, RunStarted, Usage
from api.messages import Finished, ModelRequest, text_message
from api.runs.run import Run
from api.runs.steps import Steps
from tests.support.processes import wait_for
from tests.support.scripted_chat_model import ScriptedChatModel


@dataclass
class Limits:
    first_token_seconds: float = 60
    stall_seconds: float = 30
    max_answer_chars: int = 1000


@pytest.fixture
def model() -> ScriptedChatModel:
    return ScriptedChatModel()


def make_run(model: ScriptedChatModel, ended: list[Run] | None = None) -> Run:
    request = ModelRequest("scripted", (text_message("user", "hello"),))
    started = RunStarted("r1", "t1", None, "m1", "scripted")

    def end(run: Run) -> None:
        run.end()
        if ended is not None:
            ended.append(run)

    return Run(started, request, "q1", Steps(model, request, Limits(), (0.01, 0.01)), end)


def start(run: Run) -> threading.Thread:
    thread = threading.Thread(target=run.produce)
    thread.start()
    return thread


def types(run: Run) -> list[str]:
    return [entry.event.type for entry in run.log.replay_after(0)]


def test_an_answer_is_started_delta_usage_completed(model: ScriptedChatModel) -> None:
    model.enqueue([MessageDelta("Hi")], Finished("stop", Usage(3, 1, estimated=False)))
    ended: list[Run] = []
    run = make_run(model, ended)
    run.produce()
    assert types(run) == ["run.started", "message.delta", "usage", "run.completed"]
    assert [entry.seq for entry in run.log.replay_after(0)] == [1, 2, 3, 4]
    assert ended == [run]


def test_usage_is_estimated_where_the_provider_is_silent(model: ScriptedChatModel) -> None:
    model.enqueue([MessageDelta("x" * 40)], Finished("stop"))
    run = make_run(model)
    run.produce()
    assert run.usage == Usage(input_tokens=2, output_tokens=10, estimated=True)


def test_a_failure_before_any_content_is_tried_again(model: ScriptedChatModel) -> None:
    model.enqueue(ProviderError("down"))
    model.enqueue([MessageDelta("Hi")], Finished("stop"))
    run = make_run(model)
    run.produce()
    assert types(run)[-1] == "run.completed"


@pytest.mark.parametrize("error", [ContextTooLong("no"), ProviderRateLimited("no", retry_after_seconds=60)])
def test_what_a_second_try_cannot_mend_fails_at_once(model: ScriptedChatModel, error: ProviderError) -> None:
    model.enqueue(error)
    run = make_run(model)
    run.produce()
    assert (types(run)[-1], type(run.error), str(run.error)) == ("run.failed", type(error), "no")
    assert len(model.completions) == 1


def test_a_failure_after_content_keeps_the_text_and_is_not_tried_again(model: ScriptedChatModel) -> None:
    model.enqueue([MessageDelta("half")], ProviderError("reset"))
    run = make_run(model)
    run.produce()
    assert types(run) == ["run.started", "message.delta", "usage", "run.failed"]


def test_a_defect_becomes_internal_without_its_text(model: ScriptedChatModel) -> None:
    model.enqueue(ValueError("secret detail"))
    run = make_run(model)
    run.produce()
    assert run.error is not None
    assert run.error.code == "internal"
    assert "secret" not in str(run.error)


def test_cancel_closes_the_provider_and_text_never_grows_after(model: ScriptedChatModel) -> None:
    go_on = threading.Event()
    model.enqueue([MessageDelta("one")], go_on, [MessageDelta("two")], Finished("stop"))
    run = make_run(model)
    thread = start(run)
    wait_for(lambda: "message.delta" in types(run))
    run.cancel()
    thread.join(5)
    assert model.completions[0].closed.is_set()
    assert types(run) == ["run.started", "message.delta", "usage", "run.cancelled"]


def test_cancel_before_the_first_token_ends_the_run(model: ScriptedChatModel) -> None:
    model.enqueue(threading.Event(), [MessageDelta("late")])
    run = make_run(model)
    thread = start(run)
    wait_for(lambda: model.completions)
    run.cancel()
    thread.join(5)
    assert types(run) == ["run.started", "usage", "run.cancelled"]


def test_a_cancel_during_the_wait_for_a_retry_asks_no_more(model: ScriptedChatModel) -> None:
    model.enqueue(ProviderError("down", retry_after_seconds=4))
    run = make_run(model)
    thread = start(run)
    wait_for(lambda: model.completions and model.completions[0].closed.is_set())
    run.cancel()
    thread.join(2)
    assert not thread.is_alive()
    assert len(model.completions) == 1


def test_silence_before_and_within_an_answer_has_its_own_limit(model: ScriptedChatModel) -> None:
    run = make_run(model)
    run.tick(run.started_at + 59)
    assert not run.log.is_ended
    run.tick(run.started_at + 61)
    assert run.error is not None
    assert run.error.code == "upstream_timeout"


def test_silence_after_text_is_limited_by_the_stall_limit(model: ScriptedChatModel) -> None:
    model.enqueue([MessageDelta("one")], threading.Event())
    run = make_run(model)
    thread = start(run)
    wait_for(lambda: run.first_content_at)
    run.tick((run.first_content_at or 0) + 31)
    thread.join(5)
    assert run.error is not None
    assert "stopped sending" in str(run.error)


def test_keep_alives_of_the_provider_do_not_count_as_content(model: ScriptedChatModel) -> None:
    model.enqueue([], [], Finished("stop"))
    run = make_run(model)
    run.produce()
    assert run.first_content_at is None


def test_an_endless_answer_is_cut_at_its_limit(model: ScriptedChatModel) -> None:
    model.enqueue(*[[MessageDelta("x" * 600)] for _ in range(10)])
    run = make_run(model)
    run.produce()
    assert run.terminal == RunCompleted("length")
    assert types(run).count("message.delta") == 2


def test_the_first_end_wins_under_a_race(model: ScriptedChatModel) -> None:
    for _ in range(200):
        ended: list[Run] = []
        run = make_run(model, ended)
        racers = [threading.Thread(target=end) for end in (run.cancel, run.interrupt, run.cancel)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(5)
        assert types(run)[:2] == ["run.started", "usage"]
        assert (len(types(run)), len(ended)) == (3, 1)
