"""Runs that wait for a person, on both databases."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.errors import AlreadyDecided, NotFound
from api.events import RunFailed, ToolCallDecided, ToolCallRequiresAction, ToolCallStarted, Usage
from api.store import Store
from api.store.records import StoredRun
from api.tool_calls import Definition
from tests.support.stores import ACCOUNT, OWNER, answer, later, lines_of, logged, start_run

APPROVE = ToolCallDecided("c", "approve")
DENY = ToolCallDecided("c", "deny")


def question(call_id: str = "c", *, definition: str = "hash", kind: str = "approval") -> ToolCallRequiresAction:
    return ToolCallRequiresAction(call_id, kind, "files", "read", later(100), definition)  # type: ignore[arg-type]


def park(store: Store, *questions: ToolCallRequiresAction, expires_at: float | None = None) -> StoredRun:
    run = start_run(store)
    calls = [ToolCallStarted(asked.tool_call_id, "files__read", "{}", "files", "Read") for asked in questions]
    events = logged(run.run_id, 2, *calls, *questions, Usage(1, 2, estimated=False))
    assert store.run_decisions.park(OWNER, lines_of(events), expires_at or later(100))
    return store.runs.get(ACCOUNT, run.run_id)


def status(store: Store, run: StoredRun) -> str:
    found = store.runs.get(ACCOUNT, run.run_id).status
    assert answer(store, run).status == found
    return found


def test_a_parked_run_waits_and_nobody_takes_it_for_abandoned(store: Store) -> None:
    run = park(store, question())
    assert (status(store, run), run.action_expires_at is not None) == ("requires_action", True)
    assert store.runs.find_silent("", -60) == ()
    assert store.runs.heartbeat(OWNER, [run.run_id]) == frozenset()
    events = lines_of(logged(run.run_id, run.seq + 1, Usage(1, 2, estimated=False)))
    assert store.run_events.append(OWNER, [events]).taken == frozenset()
    assert not store.run_decisions.park(OWNER, events, later())


def test_the_last_decision_makes_the_run_the_deciders(store: Store) -> None:
    run = park(store, question("a"), question("b"))
    decide = store.run_decisions.decide
    first = decide(ACCOUNT, run.run_id, ToolCallDecided("a", "approve"), "once", "other")
    assert (first.events, first.run.status) == (None, "requires_action")
    last = decide(ACCOUNT, run.run_id, ToolCallDecided("b", "deny"), "once", "other")
    assert last.events is not None
    assert [event.seq for event in last.events] == list(range(1, len(last.events) + 1))
    assert (last.run.status, last.run.owner, last.run.action_expires_at) == ("running", "other", None)
    assert status(store, run) == "running"


def test_only_what_is_asked_can_be_decided_and_once(store: Store) -> None:
    run = park(store, question("c"), question("d"))
    decide = store.run_decisions.decide
    for account, run_id, decided in (
        (ACCOUNT, "absent", APPROVE),
        ("another", run.run_id, APPROVE),
        (ACCOUNT, run.run_id, ToolCallDecided("x", "approve")),
    ):
        with pytest.raises(NotFound):
            decide(account, run_id, decided, "once", OWNER)
    decide(ACCOUNT, run.run_id, APPROVE, "once", OWNER)
    with pytest.raises(AlreadyDecided):
        decide(ACCOUNT, run.run_id, DENY, "once", OWNER)
    with pytest.raises(AlreadyDecided):
        store.run_decisions.question(ACCOUNT, run.run_id, "c")


def test_a_decision_is_about_the_question_that_was_meant(store: Store) -> None:
    run = park(store, question("c", definition="new"))
    with pytest.raises(AlreadyDecided):
        store.run_decisions.decide(ACCOUNT, run.run_id, APPROVE, "once", OWNER, question("c", definition="old"))
    meant = store.run_decisions.question(ACCOUNT, run.run_id, "c")
    assert store.run_decisions.decide(ACCOUNT, run.run_id, APPROVE, "once", OWNER, meant).events


def test_an_approval_for_the_thread_is_kept_and_answers_the_same_elsewhere_in_the_run(store: Store) -> None:
    run = park(store, question("c"), question("same"), question("other", definition="different"))
    decided = store.run_decisions.decide(ACCOUNT, run.run_id, APPROVE, "thread", OWNER)
    assert decided.events is None
    with pytest.raises(AlreadyDecided):
        store.run_decisions.question(ACCOUNT, run.run_id, "same")
    kept = frozenset({Definition("files", "read", "hash")})
    assert store.run_decisions.approved(ACCOUNT, run.thread_id) == kept
    assert store.run_decisions.approved("another", run.thread_id) == frozenset()
    denied = park(store, question())
    store.run_decisions.decide(ACCOUNT, denied.run_id, DENY, "thread", OWNER)
    assert store.run_decisions.approved(ACCOUNT, denied.thread_id) == frozenset()


def test_one_decision_for_the_step_leaves_what_a_server_asks(store: Store) -> None:
    run = park(store, question("c"), question("d"), question("form", kind="form"))
    assert store.run_decisions.decide(ACCOUNT, run.run_id, APPROVE, "step", OWNER).events is None
    assert store.run_decisions.question(ACCOUNT, run.run_id, "form").kind == "form"


def test_what_nobody_wants_any_more_ends(store: Store) -> None:
    expired = park(store, question(), expires_at=time.time() - 1)
    deleted, waiting = park(store, question()), park(store, question())
    store.threads.delete(ACCOUNT, deleted.thread_id)
    assert store.run_decisions.end_forgotten() == 2
    assert store.run_decisions.end_forgotten() == 0
    ended = store.runs.get(ACCOUNT, expired.run_id)
    assert (ended.status, ended.error_code, ended.output_tokens) == ("interrupted", "decision_timeout", 2)
    assert store.runs.get(ACCOUNT, deleted.run_id).status == "cancelled"
    assert status(store, waiting) == "requires_action"


def test_a_cancel_before_the_run_waits_ends_it_when_it_does(store: Store) -> None:
    run = start_run(store)
    store.runs.request_cancel(ACCOUNT, run.run_id)
    events = logged(run.run_id, 2, ToolCallStarted("c", "f", "{}"), question())
    assert store.run_decisions.park(OWNER, lines_of(events), later())
    assert status(store, run) == "cancelled"
    assert [part.type for part in answer(store, run).parts] == ["tool_call"]


def test_what_cannot_go_on_is_ended_by_its_new_owner_alone(store: Store) -> None:
    run = park(store, question())
    store.run_decisions.decide(ACCOUNT, run.run_id, APPROVE, "once", "other")
    failed = RunFailed("internal", "No.", retryable=True)
    assert not store.run_decisions.fail(OWNER, run.run_id, failed)
    assert store.run_decisions.fail("other", run.run_id, failed)
    assert status(store, run) == "failed"


def test_of_a_decision_a_cancel_and_an_end_at_once_one_wins(store: Store) -> None:
    def decide(run: StoredRun) -> str:
        try:
            store.run_decisions.decide(ACCOUNT, run.run_id, APPROVE, "once", "other")
        except AlreadyDecided:
            return "too late"
        return "running"

    def cancel(run: StoredRun) -> str:
        return store.runs.request_cancel(ACCOUNT, run.run_id).status

    def forget(_run: StoredRun) -> str:
        return str(store.run_decisions.end_forgotten())

    for _ in range(10):
        run = park(store, question())
        with ThreadPoolExecutor(6) as pool:
            results = [one.result() for one in [pool.submit(role, run) for role in (decide, cancel, forget) * 2]]
        decided = results[0::3].count("running")
        final = store.runs.get(ACCOUNT, run.run_id)
        assert decided <= 1
        assert final.status == ("running" if decided else "cancelled"), (results, final)
