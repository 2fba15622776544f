"""Starting a run: the messages, the row and the first event appear together or not at all."""

import time

from sqlalchemy import Connection, bindparam, insert, select

from api.events import RunStarted, to_json
from api.ids import new_id
from api.store.messages import check_parent, get_path, insert_messages, newest_id
from api.store.records import CreatedRun, NewMessage, NewRun, RunContext, StoredRun
from api.store.run_events import insert_lines
from api.store.run_lines import pack
from api.store.run_rows import COLUMNS, to_run
from api.store.schema import Now, runs
from api.store.threads import get_thread, lock_for_run

INSERT = insert(runs).values(heartbeat_at=Now()).returning(runs.c.number)
RUN_OF_KEY = select(*COLUMNS).where(
    runs.c.account_id == bindparam("account_id"), runs.c.idempotency_key == bindparam("idempotency_key")
)


def create_run(connection: Connection, account_id: str, new: NewRun, owner: str) -> CreatedRun:
    """Start a run unless its key has started one; an index refuses a second run of a thread."""
    existing = find_by_key(connection, account_id, new.idempotency_key)
    if existing is not None:
        return CreatedRun(existing)
    lock_for_run(connection, account_id, new.thread_id, new.title)
    run_id, message_id = new_id(), new_id()
    parent_id = _insert_messages(connection, account_id, new, message_id, run_id)
    run = StoredRun(
        run_id, account_id, new.thread_id, message_id, new.model, "running", 1, owner, time.time(), options=new.options
    )
    started = RunStarted(run_id, new.thread_id, parent_id, message_id, new.model)
    _insert_run(connection, run, started, new.idempotency_key)
    return CreatedRun(run, started)


def find_context(
    connection: Connection,
    account_id: str,
    thread_id: str,
    leaf_id: str | None,
    is_first: bool,
    idempotency_key: str | None,
) -> RunContext:
    """Return what a run starts from; without messages if its key has started one."""
    thread = get_thread(connection, account_id, thread_id)
    started = find_by_key(connection, account_id, idempotency_key)
    is_alone = started is not None or (is_first and leaf_id is None)
    path = () if is_alone else get_path(connection, account_id, thread_id, leaf_id)
    return RunContext(thread, path, started)


def find_by_key(connection: Connection, account_id: str, idempotency_key: str | None) -> StoredRun | None:
    """Return the run that the key has started, if any."""
    if idempotency_key is None:
        return None
    asked = {"account_id": account_id, "idempotency_key": idempotency_key}
    row = connection.execute(RUN_OF_KEY, asked).one_or_none()
    return None if row is None else to_run(row)


def _insert_messages(connection: Connection, account_id: str, new: NewRun, message_id: str, run_id: str) -> str | None:
    """Insert the question, where there is a new one, and the answer; return the answer's parent."""
    parent_id = new.parent_id
    if parent_id is not None:
        check_parent(connection, new.thread_id, parent_id)
    elif not new.is_first:
        parent_id = newest_id(connection, new.thread_id)
    added = []
    if new.parts:
        added.append(NewMessage("user", new.parts, parent_id, new_id()))
        parent_id = added[0].message_id
    added.append(NewMessage("assistant", new.answer_parts, parent_id, message_id, status="running", run_id=run_id))
    insert_messages(connection, account_id, new.thread_id, added)
    return parent_id


def _insert_run(connection: Connection, run: StoredRun, started: RunStarted, idempotency_key: str | None) -> None:
    kept = ("account_id", "thread_id", "message_id", "model", "status", "seq", "owner", "created_at")
    values = {name: getattr(run, name) for name in kept}
    inserted = {"id": run.run_id, "idempotency_key": idempotency_key, "options": run.options, **values}
    number = connection.execute(INSERT, inserted).scalar_one()
    insert_lines(connection, [(number, pack(run.run_id, 0, [(started.type, to_json(started))]))])
