"""What grows is taken back."""

from api.parts import TextPart
from api.store import Store
from api.store.maintenance import Maintenance
from api.store.transactions import Database
from tests.support.stores import ACCOUNT, OWNER, answer, completed, later, start_run


def test_events_of_ended_runs_are_pruned_and_nothing_else(store: Store) -> None:
    ended, going_on = start_run(store), start_run(store)
    store.runs.end(OWNER, completed(ended.run_id, 2, "kept"))
    assert store.maintenance.prune(later(-10)) == 0
    assert store.maintenance.prune(later()) == 1
    assert store.maintenance.prune(later()) == 0
    replay = store.run_events.replay_after(ACCOUNT, ended.run_id, 0)
    assert (replay.events, replay.run.seq, replay.run.events_pruned_at is not None) == ((), 4, True)
    assert answer(store, ended).parts == (TextPart("kept"),)
    assert len(store.run_events.replay_after(ACCOUNT, going_on.run_id, 0).events) == 1


def test_more_than_one_transaction_holds_is_pruned_in_several(store: Store) -> None:
    maintenance = Maintenance(Database(store.engine), runs_at_once=2)
    for _ in range(5):
        store.runs.end(OWNER, completed(start_run(store).run_id, 2, "x"))
    assert maintenance.prune(later()) == 5


def test_a_thread_deleted_long_ago_is_purged_with_all_it_has(store: Store) -> None:
    kept, gone = start_run(store), start_run(store)
    store.runs.end(OWNER, completed(gone.run_id, 2, "x"))
    store.threads.delete(ACCOUNT, gone.thread_id)
    assert store.imports.purge(later(-10)) == 0
    assert store.imports.purge(later()) == 1
    expected = {
        "accounts": 1,
        "threads": 1,
        "messages": 2,
        "runs": 1,
        "run_events": 1,
        "running_runs": 1,
        "tool_decisions": 0,
        "mcp_calls": 0,
    }
    assert store.maintenance.stats() == expected
    assert store.runs.get(ACCOUNT, kept.run_id) == kept


def test_calls_of_mcp_clients_whose_worker_was_killed_are_forgotten(store: Store) -> None:
    store.mcp_calls.begin(ACCOUNT, "key", "run")
    store.maintenance.prune(later(-10))
    assert store.maintenance.stats()["mcp_calls"] == 1
    store.maintenance.prune(later())
    assert store.maintenance.stats()["mcp_calls"] == 0
