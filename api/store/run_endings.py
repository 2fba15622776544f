"""Ending a run, once: by its owner with what it has in memory, or by whoever finds it stale with what the log has."""

import time
from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, select, update

from api.events import RunCompleted, RunFailed, RunInterrupted, Usage, to_json
from api.parts import Part, decode_parts, encode_parts, fold_events, text_of
from api.store.records import Ending, RunEvent
from api.store.run_log import insert_events, stored_events
from api.store.run_rows import lock_owned
from api.store.schema import Now, is_running, messages, runs
from api.store.search import index_terms
from api.store.threads import touch

ABANDONED = RunInterrupted(
    "server_shutdown", "The server that wrote this answer went away. The text so far is kept.", retryable=True
)
MOST_CLAIMED_AT_ONCE = 100
END = update(runs).where(runs.c.id == bindparam("run_id")).returning(runs.c.message_id, runs.c.thread_id)
END_MESSAGE = update(messages).where(messages.c.id == bindparam("message_id"))


def finish(connection: Connection, owner: str, ending: Ending) -> bool:
    """End a run of the owner's, unless it has ended."""
    owned = lock_owned(connection, owner, [ending.run_id])
    if not owned:
        return False
    seq = owned[ending.run_id]
    missing = [event for event in ending.events if event.seq > seq]
    if [event.seq for event in missing] != list(range(seq + 1, seq + 1 + len(missing))) or not missing:
        raise ValueError(f"run {ending.run_id} has stored {seq} events, its end does not follow")
    _end(connection, ending, missing)
    return True


def stale_ids(connection: Connection, older_than_seconds: float) -> tuple[str, ...]:
    """Return runs whose owner has been silent for so long."""
    asked = select(runs.c.id).where(_is_stale(older_than_seconds)).order_by(runs.c.heartbeat_at)
    return tuple(connection.execute(asked.limit(MOST_CLAIMED_AT_ONCE)).scalars())


def claim(connection: Connection, run_id: str, older_than_seconds: float) -> bool:
    """End a stale run as interrupted; False when its owner or another claimant was faster."""
    asked = select(runs.c.id, runs.c.seq, messages.c.parts).join(messages, messages.c.id == runs.c.message_id)
    asked = asked.where(runs.c.id == run_id, _is_stale(older_than_seconds))
    row = connection.execute(asked.with_for_update(of=runs, key_share=True, skip_locked=True)).one_or_none()
    if row is None:
        return False
    stored = [(event.type, event.data) for event in stored_events(connection, run_id)]
    _end(connection, *_abandoned(row, stored))
    return True


def _is_stale(older_than_seconds: float) -> ColumnElement[bool]:
    return and_(is_running, runs.c.heartbeat_at < Now() - older_than_seconds)


def _abandoned(row: Row[*tuple[Any, ...]], stored: list[tuple[str, bytes]]) -> tuple[Ending, list[RunEvent]]:
    last = RunEvent(row.id, row.seq + 1, ABANDONED.type, to_json(ABANDONED))
    parts: tuple[Part, ...] = fold_events(stored, decode_parts(row.parts))
    usage = next((Usage(**orjson.loads(data)) for kind, data in reversed(stored) if kind == Usage.type), None)
    return Ending(row.id, (last,), ABANDONED, parts, usage), [last]


def _end(connection: Connection, ending: Ending, missing: Iterable[RunEvent]) -> None:
    events = list(missing)
    status = ending.terminal.type.removeprefix("run.")
    insert_events(connection, events)
    ended = {"status": status, "seq": events[-1].seq, "ended_at": time.time(), **_columns_of(ending)}
    message_id, thread_id = connection.execute(END, {"run_id": ending.run_id, **ended}).one()
    final = {"status": status, "parts": encode_parts(ending.parts), "search": index_terms(text_of(ending.parts))}
    connection.execute(END_MESSAGE, {"message_id": message_id, **final})
    touch(connection, thread_id)


def _columns_of(ending: Ending) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    terminal, usage = ending.terminal, ending.usage
    if isinstance(terminal, RunCompleted):
        columns["finish_reason"] = terminal.finish_reason
    elif isinstance(terminal, RunFailed | RunInterrupted):
        columns |= {"error_code": terminal.code, "error_message": terminal.message}
    if usage is not None:
        columns |= {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        columns["usage_is_estimated"] = usage.estimated
    return columns
