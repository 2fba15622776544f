"""Uses a store under gevent: `python -m tests.support.store_under_gevent <url>` prints as JSON what became of it.

Calls wait for a lock which this greenlet gives back only after the hub has turned many times: if a call that waits held
the hub, that would never happen.
"""

from gevent import monkey

monkey.patch_all()

# ruff: noqa: E402
import json
import sys
from collections.abc import Callable
from contextlib import suppress

import gevent
from sqlalchemy import text

from api.errors import NotFound
from api.events import MessageDelta
from api.store import Store, open_store
from api.store.engine import is_sqlite, make_engine
from tests.support.stores import ACCOUNT, OWNER, append, completed, logged, start_run

TURNS = 50
WAITING = 8
WORKERS = 60
MOST_SECONDS = 60


def use(store: Store) -> int:
    """Live the life of a run; return the events it has."""
    run = start_run(store)
    for seq in range(2, 6):
        append(store, logged(run.run_id, seq, MessageDelta("x")))
    store.runs.heartbeat(OWNER, [run.run_id])
    store.threads.list_newest(ACCOUNT, query="hello", limit=5)
    store.runs.end(OWNER, completed(run.run_id, 6, "done"))
    return len(store.run_events.replay_after(ACCOUNT, run.run_id, 0).events)


def wait_in_database(store: Store) -> int:
    """Have calls wait inside the database while the hub turns; return how many still waited after that."""
    unlock = lock_threads(store)
    calls = [gevent.spawn(store.threads.create, ACCOUNT) for _ in range(WAITING)]
    for _ in range(TURNS):
        gevent.sleep(0.005)
    waiting = sum(not call.ready() for call in calls)
    unlock()
    gevent.joinall(calls, raise_error=True, timeout=MOST_SECONDS)
    return waiting


def lock_threads(store: Store) -> Callable[[], None]:
    """Keep everybody else from writing; return what lets them."""
    pool = gevent.get_hub().threadpool if is_sqlite(store.engine) else None

    def call(function: Callable[..., object], *arguments: object) -> object:
        return pool.apply(function, arguments) if pool else function(*arguments)

    connection = call(store.engine.connect)
    transaction = call(connection.begin)
    if not is_sqlite(store.engine):
        connection.execute(text("LOCK TABLE threads IN EXCLUSIVE MODE"))

    def unlock() -> None:
        call(transaction.rollback)
        call(connection.close)

    return unlock


if __name__ == "__main__":
    store = open_store(make_engine(sys.argv[1], pool_size=10))
    use(store)
    with suppress(NotFound):
        store.threads.get(ACCOUNT, "absent")
    waiting = wait_in_database(store)
    workers = [gevent.spawn(use, store) for _ in range(WORKERS)]
    gevent.joinall(workers, raise_error=True, timeout=MOST_SECONDS)
    print(json.dumps({"waiting": waiting, "counts": [worker.value for worker in workers]}))
