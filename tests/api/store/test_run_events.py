"""The log of runs: fenced, without gaps, byte for byte."""

import pytest

from api.errors import NotFound
from api.events import MessageDelta
from api.store import Store
from api.store.records import Appended
from api.store.run_lines import RunEvent
from tests.support.stores import ACCOUNT, OWNER, append, completed, lines_of, logged, start_run


def seqs(store: Store, run_id: str, after: int = 0, rows: int = 64) -> list[int]:
    return [event.seq for event in store.run_events.replay_after(ACCOUNT, run_id, after, rows).events]


def test_a_batch_of_several_runs_is_stored_as_it_was_sent(store: Store) -> None:
    one, two = start_run(store), start_run(store)
    of_one = logged(one.run_id, 2, MessageDelta("a\0\u2028 数据"), MessageDelta("b"))
    of_two = (RunEvent(two.run_id, 2, "message.delta", b'{"text": "\xff not even text"}'),)
    assert append(store, of_one, of_two) == {one.run_id, two.run_id}
    assert store.run_events.replay_after(ACCOUNT, one.run_id, 1).events == of_one
    assert store.run_events.replay_after(ACCOUNT, two.run_id, 1).events == of_two
    assert store.runs.get(ACCOUNT, one.run_id).seq == 3


def test_a_replay_goes_on_after_a_seq_and_in_pages(store: Store) -> None:
    run = start_run(store)
    for first_seq in (2, 4, 6):
        append(store, logged(run.run_id, first_seq, MessageDelta("a"), MessageDelta("b")))
    assert seqs(store, run.run_id, 4) == [5, 6, 7]
    assert seqs(store, run.run_id, 3, rows=1) == [4, 5]
    assert seqs(store, run.run_id, 2, rows=2) == [3, 4, 5]
    assert seqs(store, run.run_id, 7) == seqs(store, run.run_id, 99) == []
    with pytest.raises(NotFound):
        store.run_events.replay_after(ACCOUNT, "absent", 0)


def test_a_burst_of_events_takes_few_rows_of_bounded_length(store: Store) -> None:
    run = start_run(store)
    burst = logged(run.run_id, 2, *[MessageDelta(str(number)) for number in range(250)])
    append(store, burst)
    assert store.maintenance.stats()["run_events"] == 4
    assert store.run_events.replay_after(ACCOUNT, run.run_id, 1).events == burst
    assert seqs(store, run.run_id, 120, rows=1) == list(range(121, 202))


def test_an_append_that_is_tried_again_stores_nothing_twice(store: Store) -> None:
    run = start_run(store)
    first = logged(run.run_id, 2, MessageDelta("a"), MessageDelta("b"))
    append(store, first)
    assert append(store, first) == {run.run_id}
    assert append(store, [*first, *logged(run.run_id, 4, MessageDelta("c"))]) == {run.run_id}
    assert seqs(store, run.run_id) == [1, 2, 3, 4]


def test_events_that_leave_a_gap_are_refused_and_the_others_of_the_batch_are_not(store: Store) -> None:
    broken, whole = start_run(store), start_run(store)
    late, fine = logged(broken.run_id, 3, MessageDelta("late")), logged(whole.run_id, 2, MessageDelta("fine"))
    assert append(store, late, fine) == {whole.run_id}
    assert (seqs(store, broken.run_id), seqs(store, whole.run_id)) == ([1], [1, 2])


@pytest.mark.parametrize("owner", [OWNER, "worker-2"])
def test_only_the_owner_appends_and_only_while_the_run_goes_on(store: Store, owner: str) -> None:
    run = start_run(store)
    if owner == OWNER:
        store.runs.end(OWNER, completed(run.run_id, 2, "done"))
    before = store.run_events.replay_after(ACCOUNT, run.run_id, 0)
    assert append(store, logged(run.run_id, before.run.seq + 1, MessageDelta("x")), owner=owner) == frozenset()
    assert store.run_events.replay_after(ACCOUNT, run.run_id, 0) == before


def test_an_empty_batch_is_no_work(store: Store) -> None:
    assert append(store) == frozenset()


def test_an_append_tells_what_somebody_wants_cancelled(store: Store) -> None:
    cancelled, wanted = start_run(store), start_run(store)
    store.runs.request_cancel(ACCOUNT, cancelled.run_id)
    batch = [lines_of(logged(run.run_id, 2, MessageDelta("a"))) for run in (cancelled, wanted)]
    ids = frozenset({cancelled.run_id, wanted.run_id})
    assert store.run_events.append(OWNER, batch) == Appended(ids, frozenset({cancelled.run_id}))
