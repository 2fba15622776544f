"""Runs: how they start, who owns them, how they are cancelled."""

import pytest

from api.errors import Conflict, NotFound
from api.events import to_json
from api.parts import TextPart
from api.store import Store
from api.store.records import NewMessage, NewRun, StoredMessage
from tests.support.stores import ACCOUNT, OWNER, add, completed, path, start_run

ASKED = (TextPart("hello"),)


@pytest.fixture
def thread_id(store: Store) -> str:
    return store.threads.create(ACCOUNT).thread_id


def under(store: Store, thread_id: str, parent_id: str | None) -> list[StoredMessage]:
    """Return the messages under one parent, in the order of adding."""
    listed = store.messages.list_oldest(ACCOUNT, thread_id).items
    return [message for message in listed if message.parent_id == parent_id]


def test_a_run_starts_with_its_messages_and_its_first_event(store: Store, thread_id: str) -> None:
    created = store.runs.create(ACCOUNT, NewRun(thread_id, "m", ASKED), OWNER)
    question, answer = path(store, thread_id)
    (event,) = store.run_events.replay_after(ACCOUNT, created.run.run_id, 0).events
    assert created.started is not None
    assert (question.role, question.parts, question.status) == ("user", ASKED, "completed")
    assert (answer.message_id, answer.status, answer.run_id) == (created.run.message_id, "running", created.run.run_id)
    assert (event.seq, event.type, event.data) == (1, "run.started", to_json(created.started))
    assert store.runs.get(ACCOUNT, created.run.run_id) == created.run


def test_a_thread_runs_one_run_at_a_time(store: Store) -> None:
    run = start_run(store)
    with pytest.raises(Conflict):
        store.runs.create(ACCOUNT, NewRun(run.thread_id, "m", ASKED), OWNER)
    assert len(path(store, run.thread_id)) == 2
    store.runs.end(OWNER, completed(run.run_id, 2, "done"))
    assert store.runs.create(ACCOUNT, NewRun(run.thread_id, "m", ASKED), OWNER).started


def test_the_same_key_is_the_same_run_also_when_it_has_ended(store: Store, thread_id: str) -> None:
    new = NewRun(thread_id, "m", ASKED, idempotency_key="k")
    first = store.runs.create(ACCOUNT, new, OWNER)
    assert store.runs.create(ACCOUNT, new, "another") == type(first)(first.run)
    store.runs.end(OWNER, completed(first.run.run_id, 2, "done"))
    again = store.runs.create(ACCOUNT, new, OWNER)
    assert (again.run.run_id, again.run.status, again.started) == (first.run.run_id, "completed", None)
    assert len(path(store, thread_id)) == 2


def test_an_answer_is_given_again_beside_the_first(store: Store) -> None:
    run = start_run(store)
    store.runs.end(OWNER, completed(run.run_id, 2, "one"))
    question = path(store, run.thread_id)[0]
    again = store.runs.create(ACCOUNT, NewRun(run.thread_id, "m", parent_id=question.message_id), OWNER)
    answers = under(store, run.thread_id, question.message_id)
    assert [answer.message_id for answer in answers] == [run.message_id, again.run.message_id]


def test_an_edited_first_message_is_a_second_root(store: Store) -> None:
    run = start_run(store)
    store.runs.end(OWNER, completed(run.run_id, 2, "one"))
    store.runs.create(ACCOUNT, NewRun(run.thread_id, "m", (TextPart("edited"),), is_first=True), OWNER)
    assert [root.text for root in under(store, run.thread_id, None)] == ["hello", "edited"]
    assert [message.text for message in path(store, run.thread_id)] == ["edited", ""]


def test_a_run_needs_a_thread_that_is_there_and_a_parent_of_its_own(store: Store, thread_id: str) -> None:
    other = store.threads.create(ACCOUNT).thread_id
    (elsewhere,) = add(store, other, NewMessage("user", ASKED))
    store.threads.delete(ACCOUNT, other)
    for new in (NewRun("absent", "m"), NewRun(other, "m"), NewRun(thread_id, "m", parent_id=elsewhere.message_id)):
        with pytest.raises(NotFound):
            store.runs.create(ACCOUNT, new, OWNER)


def test_a_cancel_is_marked_once_and_seen_by_the_owner(store: Store) -> None:
    runs = [start_run(store) for _ in range(3)]
    ids = [run.run_id for run in runs]
    assert store.runs.cancel_requested(ids) == frozenset()
    marked = store.runs.request_cancel(ACCOUNT, ids[1])
    assert store.runs.request_cancel(ACCOUNT, ids[1]) == marked
    assert marked.cancel_requested_at is not None
    assert store.runs.cancel_requested(ids) == {ids[1]}


def test_a_run_that_has_ended_is_not_cancelled(store: Store) -> None:
    run = start_run(store)
    store.runs.end(OWNER, completed(run.run_id, 2, "done"))
    assert store.runs.request_cancel(ACCOUNT, run.run_id).cancel_requested_at is None
    assert store.runs.cancel_requested([run.run_id]) == frozenset()
    with pytest.raises(NotFound):
        store.runs.request_cancel(ACCOUNT, "absent")


def test_a_heartbeat_is_for_the_owners_running_runs(store: Store) -> None:
    mine, ended, foreign = start_run(store), start_run(store), start_run(store, owner="worker-2")
    store.runs.end(OWNER, completed(ended.run_id, 2, "done"))
    assert store.runs.heartbeat(OWNER, [mine.run_id, ended.run_id, foreign.run_id]) == {mine.run_id}


def test_the_runs_of_a_page_are_fetched_at_once(store: Store) -> None:
    runs = [start_run(store) for _ in range(3)]
    ids = [run.run_id for run in runs[:2]]
    assert {run.run_id for run in store.runs.list_by_id(ACCOUNT, [*ids, "absent"])} == set(ids)
    assert store.runs.list_by_id(ACCOUNT, []) == ()
