"""Starting a run: the messages, the row and the first event appear together or not at all."""

import time

from sqlalchemy import Connection, bindparam, insert, select

from api.events import to_json
from api.ids import new_id
from api.store.messages import check_parent, insert_message, newest_id
from api.store.records import CreatedRun, NewMessage, NewRun, RunEvent, StoredRun
from api.store.run_log import insert_events
from api.store.run_rows import COLUMNS, to_run
from api.store.schema import Now, runs
from api.store.threads import lock_for_run

INSERT = insert(runs).values(heartbeat_at=Now())
RUN_OF_KEY = select(*COLUMNS).where(
    runs.c.account_id == bindparam("account_id"), runs.c.idempotency_key == bindparam("idempotency_key")
)


def create_run(connection: Connection, account_id: str, new: NewRun, owner: str) -> CreatedRun:
    """Start a run unless its key has started one; an index refuses a second run of a thread."""
    existing = find_by_key(connection, account_id, new.idempotency_key)
    if existing is not None:
        return CreatedRun(existing, is_new=False)
    lock_for_run(connection, account_id, new.thread_id, new.title)
    run_id = new_id()
    parent_id = _parent_of_answer(connection, account_id, new)
    answer = NewMessage("assistant", new.answer_parts, parent_id, status="running")
    message = insert_message(connection, account_id, new.thread_id, answer, run_id)
    run = StoredRun(run_id, account_id, new.thread_id, message.message_id, new.model, "running", 1, owner, time.time())
    _insert_run(connection, run, new.idempotency_key)
    return CreatedRun(run, is_new=True)


def find_by_key(connection: Connection, account_id: str, idempotency_key: str | None) -> StoredRun | None:
    """Return the run that the key has started, if any."""
    if idempotency_key is None:
        return None
    asked = {"account_id": account_id, "idempotency_key": idempotency_key}
    row = connection.execute(RUN_OF_KEY, asked).one_or_none()
    return None if row is None else to_run(row)


def _parent_of_answer(connection: Connection, account_id: str, new: NewRun) -> str | None:
    parent_id = new.parent_id
    if parent_id is not None:
        check_parent(connection, new.thread_id, parent_id)
    elif not new.is_first:
        parent_id = newest_id(connection, new.thread_id)
    if not new.parts:
        return parent_id
    question = NewMessage("user", new.parts, parent_id)
    return insert_message(connection, account_id, new.thread_id, question).message_id


def _insert_run(connection: Connection, run: StoredRun, idempotency_key: str | None) -> None:
    kept = ("account_id", "thread_id", "message_id", "model", "status", "seq", "owner", "created_at")
    values = {name: getattr(run, name) for name in kept}
    connection.execute(INSERT, {"id": run.run_id, "idempotency_key": idempotency_key, **values})
    insert_events(connection, [RunEvent(run.run_id, 1, run.started.type, to_json(run.started))])
