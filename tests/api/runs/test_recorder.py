"""The recorder above a real store, its cycles driven by hand."""

import time
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from api.events import MessageDelta, RunCompleted, ToolCallRequiresAction, Usage
from api.messages import ModelRequest, text_message
from api.parts import TextPart
from api.runs.log_reader import RunReader
from api.runs.recorder import HEARTBEAT_SECONDS, RunRecorder
from api.runs.run import Run
from api.runs.steps import Parked, Steps
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

    def __init__(self, store: Store, owner: str = OWNER) -> None:
        self.store = store
        self.owner = owner
        self.now = 1000.0
        self.over: list[Run] = []
        self.recorder = RecorderByHand(store, owner, self.over.append, lambda: self.now)

    def start(self, *texts: str) -> Run:
        thread = self.store.threads.create(ACCOUNT)
        created = self.store.runs.create(ACCOUNT, NewRun(thread.thread_id, "m", (TextPart("q"),)), self.owner)
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
        self.now += later
        self.recorder.cycle(self.now)

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


def test_what_a_run_asks_is_stored_before_its_readers_see_it(recording: Recording) -> None:
    run = recording.start("a")
    recording.cycle()
    asked = ToolCallRequiresAction("c1", "approval", "files", "read", time.time() + 60, "d")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Steps, "take", lambda _steps, _log: Parked([asked]))
        run.produce()
    assert asked not in [entry.event for entry in run.log.replay_after(0)]
    recording.cycle()
    assert types_read(run) == recording.stored(run)
    assert recording.stored(run)[-2:] == ["tool_call.requires_action", "usage"]
    assert recording.store.runs.get(ACCOUNT, run.run_id).status == "requires_action"
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


def test_an_end_that_cannot_be_stored_is_stored_as_a_failure(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = recording.start("a")
    monkeypatch.setattr(run._steps, "usage", Usage(2**70, -1, estimated=False))
    run.seal(RunCompleted("stop"))
    recording.cycle()
    assert recording.stored(run) == types_read(run) == ["run.started", "message.delta", "usage", "run.failed"]
    stored = recording.store.runs.get(ACCOUNT, run.run_id)
    assert (stored.status, stored.error_code) == ("failed", "internal")
    assert run.run_id in (stored.error_message or "")
    assert (recording.over, len(recording.recorder)) == ([run], 0)


def test_a_run_that_is_silent_beats(recording: Recording) -> None:
    run = recording.start()
    (first,) = recording.store.runs.find_silent("worker-2", -1)
    recording.cycle(later=HEARTBEAT_SECONDS)
    (second,) = recording.store.runs.find_silent("worker-2", -1)
    assert (first.run_id, second.run_id) == (run.run_id, run.run_id)
    assert second.at > first.at


def pass_time(workers: Sequence[Recording], seconds: float) -> None:
    """Let every worker do its cycles for so long."""
    for _ in range(int(seconds)):
        for worker in workers:
            worker.cycle(later=1.0)


def jump(store: Store, seconds: float) -> None:
    """Set the database's clock: the same as if everything in it were older."""
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE runs SET heartbeat_at = heartbeat_at - :seconds"), {"seconds": seconds})


def statuses(store: Store, runs: Sequence[Run]) -> set[str]:
    return {store.runs.get(ACCOUNT, run.run_id).status for run in runs}


@pytest.mark.parametrize("seconds", [31, 3600, -31, -3600])
def test_a_clock_that_jumps_ends_no_run_of_a_process_that_lives(store: Store, seconds: float) -> None:
    workers = [Recording(store, f"worker-{number}") for number in range(2)]
    runs = [worker.start("a") for worker in workers]
    for _ in range(4):
        pass_time(workers, 7)
        jump(store, seconds)
    pass_time(workers, 4 * HEARTBEAT_SECONDS)
    assert statuses(store, runs) == {"running"}


@pytest.mark.parametrize("seconds", [0, 3600, -3600])
def test_a_run_whose_process_has_gone_is_ended_by_another_whatever_the_clock_says(store: Store, seconds: float) -> None:
    gone, living = Recording(store, "worker-1"), Recording(store, "worker-2")
    runs = [gone.start("kept")]
    gone.cycle()
    jump(store, seconds or 2 * HEARTBEAT_SECONDS)
    pass_time([living], 2 * HEARTBEAT_SECONDS)
    assert statuses(store, runs) == {"running"}
    pass_time([living], HEARTBEAT_SECONDS)
    assert statuses(store, runs) == {"interrupted"}
    assert gone.stored(runs[0]) == ["run.started", "message.delta", "run.interrupted"]


def test_after_an_outage_owners_beat_before_anybody_takes_them_for_gone(store: Store) -> None:
    workers = [Recording(store, f"worker-{number}") for number in range(2)]
    runs = [worker.start("a") for worker in workers]
    jump(store, 60)
    pass_time(workers[1:], 5)
    workers[1].now += 60  # Nobody reached the database meanwhile.
    pass_time(workers[1:], 2 * HEARTBEAT_SECONDS - 1)
    assert statuses(store, runs) == {"running"}


def test_a_heartbeat_between_the_look_and_the_claim_keeps_the_run(store: Store) -> None:
    run = Recording(store).start("a")
    jump(store, 60)
    (seen,) = store.runs.find_silent("worker-2", HEARTBEAT_SECONDS)
    store.runs.heartbeat(OWNER, [run.run_id])
    assert not store.runs.claim(seen)
    assert statuses(store, [run]) == {"running"}


def test_a_cancel_from_elsewhere_ends_a_run(recording: Recording) -> None:
    run = recording.start("a")
    recording.store.runs.request_cancel(ACCOUNT, run.run_id)
    for _ in range(2):
        recording.cycle()
    assert types_read(run)[-1] == "run.cancelled"
