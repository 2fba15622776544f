"""The recorder above a real store, its cycles driven by hand."""

import time
from collections.abc import Sequence

import pytest

from api.events import MessageDelta, RunCompleted
from api.messages import ModelRequest, text_message
from api.parts import TextPart
from api.runs.log_reader import RunReader
from api.runs.recorder import CLAIM_SECONDS, HEARTBEAT_SECONDS, STALE_SECONDS, RunRecorder
from api.runs.run import Run
from api.runs.steps import Steps
from api.store import Store
from api.store.records import NewRun
from tests.api.runs.test_log import Client
from tests.api.runs.test_run import Limits
from tests.support.scripted_chat_model import ScriptedChatModel
from tests.support.stores import ACCOUNT, OWNER, append, claim_stale, logged


class RecorderByHand(RunRecorder):
    def start(self) -> None:
        pass


class Recording:
    """A recorder, the runs it takes and those it has let go."""

    def __init__(self, store: Store, owner: str = OWNER, stale_seconds: float = STALE_SECONDS) -> None:
        self.store = store
        self.over: list[Run] = []
        self.recorder = RecorderByHand(store, owner, self.over.append, stale_seconds)

    def start(self, *texts: str) -> Run:
        thread = self.store.threads.create(ACCOUNT)
        created = self.store.runs.create(ACCOUNT, NewRun(thread.thread_id, "m", (TextPart("q"),)), OWNER)
        assert created.started is not None
        request = ModelRequest("m", (text_message("user", "q"),))
        steps = Steps(ScriptedChatModel(), request, Limits())
        run = Run(created.started, request, "q1", steps, lambda _: None)
        self.recorder.add(run, ())
        self.say(run, texts)
        return run

    def say(self, run: Run, texts: Sequence[str]) -> None:
        run.log.append([MessageDelta(text) for text in texts])

    def cycle(self, later: float = 0.0) -> None:
        self.recorder.cycle(time.monotonic() + later)

    def stored(self, run: Run) -> list[str]:
        return [event.type for event in self.store.run_events.replay_after(ACCOUNT, run.run_id, 0).events]


@pytest.fixture
def recording(store: Store) -> Recording:
    return Recording(store)


def types_read(run: Run) -> list[str]:
    reader = RunReader(run.log, Client(), 15, lambda _: None)
    return [entry.event.type for entries in reader for entry in entries]


def test_what_has_come_is_stored_by_a_cycle_and_the_end_before_its_readers_see_it(recording: Recording) -> None:
    run = recording.start("a", "b")
    recording.cycle()
    assert recording.stored(run) == ["run.started", "message.delta", "message.delta"]
    run.seal(RunCompleted("stop"))
    assert not run.log.is_ended
    recording.cycle()
    assert types_read(run) == recording.stored(run)
    assert recording.stored(run)[-2:] == ["usage", "run.completed"]
    assert (recording.over, len(recording.recorder)) == ([run], 0)


def test_an_end_is_stored_at_once_without_what_others_have_said(recording: Recording) -> None:
    ended, going_on = recording.start("a"), recording.start("b")
    ended.seal(RunCompleted("stop"))
    recording.recorder.store_sealed()
    assert recording.stored(ended)[-1] == "run.completed"
    assert recording.stored(going_on) == ["run.started"]


@pytest.mark.parametrize("is_over", [False, True])
def test_readers_of_a_run_that_ended_elsewhere_see_no_end_that_is_not_stored(
    recording: Recording, is_over: bool
) -> None:
    run = recording.start("stored")
    recording.cycle()
    recording.say(run, ["never stored"])
    assert claim_stale(recording.store, -1) == (run.run_id,)
    if is_over:
        run.seal(RunCompleted("stop"))
    recording.cycle()
    assert types_read(run) == ["run.started", "message.delta", "message.delta"]
    assert recording.stored(run) == ["run.started", "message.delta", "run.interrupted"]
    assert recording.over == [run]


def test_an_end_that_cannot_be_stored_keeps_no_other_from_it(
    recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = recording.start("a"), recording.start("b")
    append(recording.store, logged(broken.run_id, 2, *[MessageDelta("more than the recorder knows")] * 8))
    for run in (broken, whole):
        run.seal(RunCompleted("stop"))
    recording.cycle()
    assert recording.stored(whole)[-1] == "run.completed"
    assert broken.log.is_ended
    assert f"The end of run {broken.run_id} cannot be stored" in caplog.text


def test_a_run_that_is_silent_beats(recording: Recording) -> None:
    run = recording.start()
    time_of_creation = recording.store.runs.find_stale(-1)
    assert time_of_creation == (run.run_id,)
    recording.cycle(later=HEARTBEAT_SECONDS)
    assert recording.store.runs.heartbeat(OWNER, [run.run_id]) == {run.run_id}


def test_a_stale_run_is_claimed_at_the_second_look(recording: Recording) -> None:
    """After an outage everybody's runs look stale at once: their owners beat before the second look."""
    run = recording.start("kept")
    recording.cycle()
    other = Recording(recording.store, "worker-2", stale_seconds=-1.0)
    other.cycle(later=CLAIM_SECONDS)
    assert recording.store.runs.get(ACCOUNT, run.run_id).status == "running"
    other.cycle(later=2 * CLAIM_SECONDS)
    assert recording.store.runs.get(ACCOUNT, run.run_id).status == "interrupted"


def test_a_cancel_from_elsewhere_ends_a_run(recording: Recording) -> None:
    run = recording.start("a")
    recording.store.runs.request_cancel(ACCOUNT, run.run_id)
    for _ in range(2):
        recording.cycle()
    assert types_read(run)[-1] == "run.cancelled"
