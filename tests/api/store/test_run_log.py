"""The log of runs: fenced, without gaps, byte for byte."""

import pytest

from api.errors import NotFound
from api.events import MessageDelta
from api.store import Store
from api.store.records import RunEvent
from tests.stores import ACCOUNT, OWNER, completed, logged, start_run


def seqs(store: Store, run_id: str, after: int = 0, limit: int = 500) -> list[int]:
    return [event.seq for event in store.run_events.replay_after(ACCOUNT, run_id, after, limit).events]


def test_a_batch_of_several_runs_is_stored_as_it_was_sent(store: Store) -> None:
    one, two = start_run(store), start_run(store)
    of_one = logged(one.run_id, 2, MessageDelta("a\0\u2028 数据"), MessageDelta("b"))
    of_two = (RunEvent(two.run_id, 2, "message.delta", b'{"text": "\xff not even text"}'),)
    assert store.run_events.append(OWNER, [*of_one, *of_two]) == {one.run_id, two.run_id}
    assert store.run_events.replay_after(ACCOUNT, one.run_id, 1).events == of_one
    assert store.run_events.replay_after(ACCOUNT, two.run_id, 1).events == of_two
    assert store.runs.get(ACCOUNT, one.run_id).seq == 3


def test_a_replay_goes_on_after_a_seq_and_in_pages(store: Store) -> None:
    run = start_run(store)
    store.run_events.append(OWNER, logged(run.run_id, 2, *[MessageDelta(str(n)) for n in range(9)]))
    assert seqs(store, run.run_id, 4) == [5, 6, 7, 8, 9, 10]
    assert seqs(store, run.run_id, 4, limit=2) == [5, 6]
    assert seqs(store, run.run_id, 10) == seqs(store, run.run_id, 99) == []
    with pytest.raises(NotFound):
        store.run_events.replay_after(ACCOUNT, "absent", 0)


def test_an_append_that_is_tried_again_stores_nothing_twice(store: Store) -> None:
    run = start_run(store)
    first = logged(run.run_id, 2, MessageDelta("a"), MessageDelta("b"))
    store.run_events.append(OWNER, first)
    assert store.run_events.append(OWNER, first) == {run.run_id}
    assert store.run_events.append(OWNER, [*first, *logged(run.run_id, 4, MessageDelta("c"))]) == {run.run_id}
    assert seqs(store, run.run_id) == [1, 2, 3, 4]


def test_events_that_leave_a_gap_are_refused_and_the_others_of_the_batch_are_not(store: Store) -> None:
    broken, whole = start_run(store), start_run(store)
    batch = [*logged(broken.run_id, 3, MessageDelta("late")), *logged(whole.run_id, 2, MessageDelta("fine"))]
    assert store.run_events.append(OWNER, batch) == {whole.run_id}
    assert (seqs(store, broken.run_id), seqs(store, whole.run_id)) == ([1], [1, 2])


@pytest.mark.parametrize("owner", [OWNER, "worker-2"])
def test_only_the_owner_appends_and_only_while_the_run_goes_on(store: Store, owner: str) -> None:
    run = start_run(store)
    if owner == OWNER:
        store.runs.finish(OWNER, completed(run.run_id, 2, "done"))
    before = store.run_events.replay_after(ACCOUNT, run.run_id, 0)
    assert store.run_events.append(owner, logged(run.run_id, before.run.seq + 1, MessageDelta("x"))) == frozenset()
    assert store.run_events.replay_after(ACCOUNT, run.run_id, 0) == before


def test_an_empty_batch_is_no_work(store: Store) -> None:
    assert store.run_events.append(OWNER, []) == frozenset()
