"""Starting a run: the messages, the row and the first event appear together or not at all."""

import time

from sqlalchemy import Connection, insert, select

from api.errors import Conflict
from api.events import RunStarted, to_json
from api.ids import new_id
from api.store.messages import check_parent, insert_message, newest_id
from api.store.records import CreatedRun, NewMessage, NewRun, RunEvent, StoredRun
from api.store.run_log import insert_events
from api.store.run_rows import COLUMNS, get_run, to_run
from api.store.schema import is_running, runs
from api.store.threads import get_thread, touch
from api.store.transactions import now_of


def create_run(connection: Connection, account_id: str, new: NewRun, owner: str) -> CreatedRun:
    """Start a run unless its key has started one."""
    get_thread(connection, account_id, new.thread_id, for_update=True)
    existing = find_by_key(connection, account_id, new.idempotency_key)
    if existing is not None:
        return CreatedRun(existing, is_new=False)
    _refuse_second_run(connection, new.thread_id)
    run_id = new_id()
    parent_id = _parent_of_answer(connection, account_id, new)
    answer = NewMessage("assistant", new.answer_parts, parent_id, status="running")
    message = insert_message(connection, account_id, new.thread_id, answer, run_id)
    _insert_run(connection, account_id, new, owner, RunStarted(run_id, new.thread_id, message.message_id, new.model))
    touch(connection, new.thread_id)
    return CreatedRun(get_run(connection, account_id, run_id), is_new=True)


def find_by_key(connection: Connection, account_id: str, idempotency_key: str | None) -> StoredRun | None:
    """Return the run that the key has started, if any."""
    if idempotency_key is None:
        return None
    asked = select(*COLUMNS).where(runs.c.account_id == account_id, runs.c.idempotency_key == idempotency_key)
    row = connection.execute(asked).one_or_none()
    return None if row is None else to_run(row)


def _refuse_second_run(connection: Connection, thread_id: str) -> None:
    going_on = select(runs.c.id).where(runs.c.thread_id == thread_id, is_running)
    if connection.execute(going_on).first() is not None:
        raise Conflict("This thread is being answered. Wait for the end, or stop it first.")


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


def _insert_run(connection: Connection, account_id: str, new: NewRun, owner: str, started: RunStarted) -> None:
    connection.execute(
        insert(runs).values(
            id=started.run_id,
            account_id=account_id,
            thread_id=new.thread_id,
            message_id=started.message_id,
            model=new.model,
            status="running",
            seq=1,
            idempotency_key=new.idempotency_key,
            owner=owner,
            heartbeat_at=now_of(connection),
            created_at=time.time(),
        )
    )
    insert_events(connection, [RunEvent(started.run_id, 1, started.type, to_json(started))])
