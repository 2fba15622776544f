"""Uses a store under gevent while a greenlet ticks: `python -m tests.support.store_under_gevent <url>` prints JSON.

The longest time between two ticks says whether anything has blocked the hub.
"""

from gevent import monkey

monkey.patch_all()

# ruff: noqa: E402
import json
import sys
import time
from contextlib import suppress

import gevent
from sqlalchemy import text

from api.errors import NotFound
from api.events import MessageDelta
from api.store import Store, open_store
from api.store.engine import is_sqlite, make_engine
from tests.support.stores import ACCOUNT, OWNER, append, completed, logged, start_run

TICK_SECONDS = 0.005
WORKERS = 60


def tick(gaps: list[float]) -> None:
    """Record the time from tick to tick."""
    last = time.monotonic()
    while True:
        gevent.sleep(TICK_SECONDS)
        now = time.monotonic()
        gaps.append(now - last)
        last = now


def use(store: Store) -> int:
    """Live the life of a run; return the events it has."""
    run = start_run(store)
    for seq in range(2, 6):
        append(store, logged(run.run_id, seq, MessageDelta("x")))
    store.runs.heartbeat(OWNER, [run.run_id])
    store.threads.list_newest(ACCOUNT, query="hello", limit=5)
    store.runs.end(OWNER, completed(run.run_id, 6, "done"))
    return len(store.run_events.replay_after(ACCOUNT, run.run_id, 0).events)


def wait_in_database(store: Store) -> float:
    """Have eight calls wait for half a second inside the database; return how long that took together."""
    started = time.monotonic()
    waiting = _wait_for_lock(store) if is_sqlite(store.engine) else [gevent.spawn(_sleep, store) for _ in range(8)]
    gevent.joinall(waiting, raise_error=True)
    return time.monotonic() - started


def _wait_for_lock(store: Store) -> list[gevent.Greenlet]:
    pool = gevent.get_hub().threadpool
    locked = pool.apply(store.engine.connect)
    transaction = pool.apply(locked.begin)

    def unlock() -> None:
        pool.apply(transaction.rollback)
        pool.apply(locked.close)

    return [gevent.spawn_later(0.5, unlock), *[gevent.spawn(store.threads.create, ACCOUNT) for _ in range(8)]]


def _sleep(store: Store) -> None:
    with store.engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.5)"))


if __name__ == "__main__":
    store = open_store(make_engine(sys.argv[1], pool_size=10))
    use(store)
    with suppress(NotFound):
        store.threads.get(ACCOUNT, "absent")
    gaps: list[float] = []
    gevent.spawn(tick, gaps)
    waited = wait_in_database(store)
    waiting_gap = max(gaps)
    workers = [gevent.spawn(use, store) for _ in range(WORKERS)]
    gevent.joinall(workers, raise_error=True, timeout=60)
    counts = [worker.value for worker in workers]
    print(json.dumps({"waited": waited, "waiting_gap": waiting_gap, "ticks": len(gaps), "counts": counts}))
