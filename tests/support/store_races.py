"""A race over one database: `python -m tests.support.store_races <url> <roles, with commas> <ids>`.

Each role is a process of its own, forked once all is imported. They start together, do their role to every id, and
what each won is printed as JSON.
"""

import json
import multiprocessing
import random
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from api.errors import Conflict
from api.events import MessageDelta
from api.parts import TextPart
from api.store import Store, open_store
from api.store.engine import make_engine
from api.store.migration import migrate
from api.store.records import NewRun
from tests.support.stores import ACCOUNT, OWNER, claim_stale, completed, lines_of, logged

MOST_SECONDS = 60


def finish(store: Store, run_ids: list[str]) -> list[str]:
    """End every run as its owner, some with what another try has stored meanwhile."""
    won = []
    for run_id in run_ids:
        while True:
            try:
                seq = store.runs.get(ACCOUNT, run_id).seq
                if store.runs.end(OWNER, completed(run_id, seq + 1, "done")):
                    won.append(run_id)
                break
            except ValueError:
                continue  # The log has grown since it was read.
    return won


def claim(store: Store, run_ids: list[str]) -> list[str]:
    """Take every run for abandoned."""
    return [claimed for _ in run_ids for claimed in claim_stale(store, -60)]


def append(store: Store, run_ids: list[str]) -> list[str]:
    """Append to every run as its owner."""
    for run_id in run_ids:
        seq = store.runs.get(ACCOUNT, run_id).seq
        said = logged(run_id, seq + 1, MessageDelta("a"), MessageDelta("b"))
        store.run_events.append(OWNER, [lines_of(said)])
    return []


def create(store: Store, thread_ids: list[str]) -> list[str]:
    """Start a run in every thread."""
    won = []
    for thread_id in thread_ids:
        try:
            won.append(store.runs.create(ACCOUNT, NewRun(thread_id, "m", (TextPart("q"),)), OWNER).run.run_id)
        except Conflict:
            continue
    return won


def create_with_key(store: Store, thread_ids: list[str]) -> list[str]:
    """Start a run with the same key in every thread."""
    new = [NewRun(thread_id, "m", (TextPart("q"),), idempotency_key="k") for thread_id in thread_ids]
    return [store.runs.create(ACCOUNT, run, OWNER).run.run_id for run in new]


def upgrade(store: Store, _ids: list[str]) -> list[str]:
    """Bring the database to the newest schema, and use it."""
    migrate(store.engine)
    return [store.threads.create(ACCOUNT).thread_id]


ROLES: dict[str, Callable[[Store, list[str]], list[str]]] = {
    role.__name__: role for role in (finish, claim, append, create, create_with_key, upgrade)
}


def race(url: str, roles: list[str], ids: list[str]) -> list[list[str]]:
    """Let the roles run against one another; return what each won."""
    context = multiprocessing.get_context("fork")
    start = context.Barrier(len(roles))
    runners = []
    for role in roles:
        receiver, sender = context.Pipe(duplex=False)
        runner = context.Process(target=run, args=(url, role, ids, start, sender))
        runner.start()
        sender.close()  # Who dies has nothing to say, and nobody waits for it.
        runners.append((runner, receiver))
    won = [receiver.recv() for _, receiver in runners]
    for runner, _ in runners:
        runner.join(MOST_SECONDS)
    return won


def run(url: str, role: str, ids: list[str], start: Barrier, sender: Connection) -> None:
    """Do one role, once everybody is ready."""
    store, mine = open_store(make_engine(url)), list(ids)
    random.Random(role).shuffle(mine)
    start.wait(MOST_SECONDS)
    sender.send(ROLES[role](store, mine))


if __name__ == "__main__":
    _, url, roles, *ids = sys.argv
    print(json.dumps(race(url, roles.split(","), ids)))
