"""Several processes at the same rows at the same time: each row is won once."""

import json
import subprocess
import sys
from collections import Counter

from api.store import Store, open_store
from api.store.engine import make_engine
from tests.support.processes import ROOT
from tests.support.stores import ACCOUNT, answer, start_run

TERMINAL = {"run.completed", "run.interrupted"}


def race(url: str, roles: list[str], ids: list[str]) -> list[list[str]]:
    """Let the roles run in processes of their own, started together; return what each won."""
    command = [sys.executable, "-m", "tests.support.store_races", url, ",".join(roles), *ids]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_run_that_many_want_to_end_has_one_terminal_event(store: Store, database_url: str) -> None:
    runs = [start_run(store) for _ in range(40)]
    won = race(database_url, ["finish", "finish", "claim", "append", "append"], [run.run_id for run in runs])
    assert Counter(run_id for each in won for run_id in each) == Counter(run.run_id for run in runs)
    for run in runs:
        events = store.run_events.replay_after(ACCOUNT, run.run_id, 0).events
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.type in TERMINAL for event in events] == [False] * (len(events) - 1) + [True]
        said = "".join("done" if b"done" in event.data else "ab"[b'"b"' in event.data] for event in events[1:-1])
        assert answer(store, run).text in (said, "done")


def test_of_runs_that_start_together_in_a_thread_one_starts(store: Store, database_url: str) -> None:
    threads = [store.threads.create(ACCOUNT).thread_id for _ in range(20)]
    won = race(database_url, ["create"] * 4, threads)
    assert sum(map(len, won)) == len(threads)
    for thread_id in threads:
        assert len(store.messages.list_oldest(ACCOUNT, thread_id).items) == 2


def test_a_key_used_everywhere_at_once_starts_one_run(store: Store, database_url: str) -> None:
    threads = [store.threads.create(ACCOUNT).thread_id for _ in range(4)]
    won = race(database_url, ["create_with_key"] * 4, threads)
    assert len({run_id for each in won for run_id in each}) == 1
    assert store.maintenance.stats()["runs"] == 1


def test_workers_that_start_together_on_an_empty_database_all_find_it_ready(empty_url: str) -> None:
    made = race(empty_url, ["upgrade"] * 5, [])
    engine = make_engine(empty_url)
    page = open_store(engine).threads.list_newest(ACCOUNT)
    engine.dispose()
    assert {thread.thread_id for thread in page.items} == {thread_id for each in made for thread_id in each}


def test_appends_that_race_leave_no_gap(store: Store, database_url: str) -> None:
    run = start_run(store)
    race(database_url, ["append"] * 3, [run.run_id] * 30)
    replay = store.run_events.replay_after(ACCOUNT, run.run_id, 0, rows=200)
    assert replay.run.seq > 60
    assert [event.seq for event in replay.events] == list(range(1, replay.run.seq + 1))
