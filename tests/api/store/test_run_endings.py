"""How runs end: once, and with the text so far."""

import threading
from typing import get_args

import orjson
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from api.events import (
    TERMINAL,
    MessageDelta,
    ReasoningDelta,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    Usage,
)
from api.parts import ReasoningPart, TextPart
from api.store import Store
from api.store.engine import is_sqlite
from api.store.records import Ending, NewRun, TerminalEvent
from api.store.run_creation import create_run
from api.store.threads import lock_for_run
from tests.support.processes import WAIT_SECONDS, wait_for
from tests.support.stores import ACCOUNT, OWNER, answer, append, claim_stale, completed, lines_of, logged, start_run

ENDS = [
    (RunCompleted("stop"), "completed", (None, None, "stop")),
    (RunFailed("upstream_error", "It broke.", retryable=True), "failed", ("upstream_error", "It broke.", None)),
    (RunCancelled(), "cancelled", (None, None, None)),
    (RunInterrupted("internal", "Gone.", retryable=True), "interrupted", ("internal", "Gone.", None)),
]


@pytest.mark.parametrize(("terminal", "status", "columns"), ENDS)
def test_an_ending_is_in_the_log_the_run_and_the_message(
    store: Store, terminal: TerminalEvent, status: str, columns: tuple[str | None, ...]
) -> None:
    run = start_run(store)
    append(store, logged(run.run_id, 2, MessageDelta("a")))
    events = logged(run.run_id, 2, MessageDelta("a"), MessageDelta("b"), terminal)
    assert store.runs.end(OWNER, Ending(lines_of(events), terminal, (TextPart("ab"),), Usage(1, 2, estimated=True)))
    replay = store.run_events.replay_after(ACCOUNT, run.run_id, 1)
    ended = replay.run
    assert replay.events == events
    assert (ended.status, ended.seq, ended.ended_at is not None) == (status, 4, True)
    assert (ended.error_code, ended.error_message, ended.finish_reason) == columns
    assert (ended.input_tokens, ended.output_tokens, ended.usage_is_estimated) == (1, 2, True)
    message = answer(store, run)
    assert (message.status, message.text) == (status, "ab")


def test_every_terminal_event_is_covered() -> None:
    assert set(get_args(TerminalEvent)) == set(TERMINAL) == {type(terminal) for terminal, _, _ in ENDS}


def test_a_run_ends_once_and_by_its_owner(store: Store) -> None:
    run = start_run(store)
    assert not store.runs.end("worker-2", completed(run.run_id, 2, "foreign"))
    assert store.runs.end(OWNER, completed(run.run_id, 2, "mine"))
    assert not store.runs.end(OWNER, completed(run.run_id, 2, "again"))
    assert answer(store, run).text == "mine"


def test_an_ending_that_does_not_follow_the_log_is_a_defect_and_changes_nothing(store: Store) -> None:
    run = start_run(store)
    for seq in (-5, 3):
        with pytest.raises(ValueError, match="does not follow"):
            store.runs.end(OWNER, completed(run.run_id, seq, "x"))
    assert store.runs.get(ACCOUNT, run.run_id) == run


def test_a_run_whose_owner_is_silent_is_interrupted_with_the_text_so_far(store: Store) -> None:
    run = start_run(store)
    said = (
        ReasoningDelta("h"),
        ReasoningDelta("m"),
        MessageDelta("one "),
        MessageDelta("two"),
        Usage(5, 6, estimated=False),
    )
    append(store, logged(run.run_id, 2, *said))
    assert claim_stale(store, -1) == (run.run_id,)
    message = answer(store, run)
    ended = store.runs.get(ACCOUNT, run.run_id)
    last = store.run_events.replay_after(ACCOUNT, run.run_id, 6).events
    assert (message.parts, message.status) == ((ReasoningPart("hm"), TextPart("one two")), "interrupted")
    assert (ended.status, ended.seq, ended.output_tokens) == ("interrupted", 7, 6)
    assert [event.type for event in last] == ["run.interrupted"]
    assert orjson.loads(last[0].data)["message"] == ended.error_message
    assert claim_stale(store, -1) == ()


def test_an_answer_that_goes_on_from_another_keeps_what_it_began_with(store: Store) -> None:
    thread = store.threads.create(ACCOUNT)
    new = NewRun(thread.thread_id, "m", (TextPart("q"),), answer_parts=(TextPart("begun, "),))
    run = store.runs.create(ACCOUNT, new, OWNER).run
    append(store, logged(run.run_id, 2, MessageDelta("went on")))
    claim_stale(store, -1)
    assert answer(store, run).text == "begun, went on"


def test_a_run_with_a_fresh_heartbeat_is_left_alone(store: Store) -> None:
    run = start_run(store)
    assert claim_stale(store, 30) == ()
    assert store.runs.heartbeat(OWNER, [run.run_id]) == {run.run_id}


def test_an_owner_that_comes_back_after_a_claim_changes_nothing(store: Store) -> None:
    run = start_run(store)
    claim_stale(store, -1)
    before = store.run_events.replay_after(ACCOUNT, run.run_id, 0)
    assert append(store, logged(run.run_id, 2, MessageDelta("late"))) == frozenset()
    assert not store.runs.end(OWNER, completed(run.run_id, 2, "late"))
    assert store.runs.heartbeat(OWNER, [run.run_id]) == frozenset()
    assert store.run_events.replay_after(ACCOUNT, run.run_id, 0) == before


def test_an_end_and_a_start_in_one_thread_never_wait_for_each_other(store: Store) -> None:
    """A start locks its thread and then meets the run that goes on; the end of that has to come to the thread first."""
    run = start_run(store)
    ends: list[bool] = []

    def end() -> None:
        ends.append(store.runs.end(OWNER, completed(run.run_id, 2, "done")))

    ending = threading.Thread(target=end)
    new = NewRun(run.thread_id, "m", (TextPart("q"),))
    with store.engine.connect() as connection:
        lock_for_run(connection, ACCOUNT, run.thread_id, "")
        ending.start()
        wait_for(lambda: _waits(connection), what="the end to wait for the thread")
        with pytest.raises(IntegrityError):
            create_run(connection, ACCOUNT, new, "worker-2")
    ending.join(WAIT_SECONDS)
    assert ends == [True]
    assert store.runs.get(ACCOUNT, run.run_id).status == "completed"


def _waits(connection: Connection) -> bool:
    if is_sqlite(connection):
        return True  # It has one writer at a time.
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return connection.execute(waiting).scalar_one() > 0
