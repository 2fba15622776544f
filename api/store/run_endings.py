"""Ending a run, once: by its owner with what it has in memory, or by whoever finds it stale with what the log has."""

import time
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Double, Row, bindparam, func, select, update

from api.events import RunCompleted, RunFailed, RunInterrupted, TerminalEvent, Usage, to_json
from api.parts import decode_parts, encode_parts, fold_events, search_text_of
from api.store.records import Ending, Heartbeat
from api.store.run_events import ROWS_AT_ONCE, insert_lines, stored_events
from api.store.run_lines import RunEvent, pack
from api.store.run_rows import last_seqs
from api.store.schema import Now, is_active, is_running, messages, runs, threads
from api.store.search import index_terms
from api.store.transactions import beside

INTERRUPTED = RunInterrupted(
    "server_shutdown", "The server that wrote this answer went away. The text so far is kept.", retryable=True
)
MOST_CLAIMED_AT_ONCE = 100
END = (
    update(runs)
    .where(runs.c.id == bindparam("of_run"), runs.c.owner == bindparam("of_owner"), is_active)
    .returning(runs.c.number, runs.c.message_id)
)
# Also those of the future: the clock may have been set back.
HAS_NOT_BEATEN = func.abs(Now() - runs.c.heartbeat_at) > bindparam("for_seconds", type_=Double)
SILENT = (
    select(runs.c.id, runs.c.heartbeat_at)
    .where(is_running, runs.c.owner != bindparam("of_owner"), HAS_NOT_BEATEN)
    .order_by(runs.c.heartbeat_at)
    .limit(MOST_CLAIMED_AT_ONCE)
)
CLAIMED = (
    select(runs.c.id, runs.c.owner, messages.c.parts)
    .join(messages, messages.c.id == runs.c.message_id)
    .where(runs.c.id == bindparam("of_run"), is_running, runs.c.heartbeat_at == bindparam("seen", type_=Double))
    .join(threads, threads.c.id == runs.c.thread_id)
    .with_for_update(of=(runs, threads), key_share=True, skip_locked=True)
)
# Like a start: the thread first and then its run, so that no two transactions wait for each other.
TOUCH_THREAD = update(threads).where(
    threads.c.id
    == select(runs.c.thread_id)
    .where(runs.c.id == bindparam("of_run"), runs.c.owner == bindparam("of_owner"), is_active)
    .scalar_subquery()
)
END_MESSAGE = update(messages).where(messages.c.id == bindparam("of_message"))


def end(connection: Connection, owner: str, ending: Ending) -> bool:
    """End a run of the owner's, unless it has ended."""
    run = _end(connection, owner, ending)
    if run is None:
        return False
    stored_seq = last_seqs(connection, [run.number])[run.number]
    rest = ending.lines.rest_after(stored_seq)
    if rest is None or not rest.lines:
        raise ValueError(f"run {ending.lines.run_id} has stored {stored_seq} events, its end does not follow")
    insert_lines(connection, [(run.number, rest)])
    return True


def silent(connection: Connection, owner: str, seconds: float) -> tuple[Heartbeat, ...]:
    """Return the last heartbeats of others' runs that have not beaten for so long, or so it looks by the clock."""
    rows = connection.execute(SILENT, {"of_owner": owner, "for_seconds": seconds})
    return tuple(Heartbeat(run_id, at) for run_id, at in rows)


def claim(connection: Connection, last: Heartbeat) -> bool:
    """End a run as interrupted unless it has beaten since, has ended, or another claimant was faster."""
    row = connection.execute(CLAIMED, {"of_run": last.run_id, "seen": last.at}).one_or_none()
    if row is None:
        return False
    return end_stored(connection, row, INTERRUPTED)


def end_stored(connection: Connection, row: Row[*tuple[Any, ...]], terminal: TerminalEvent) -> bool:
    """End a run, of which `row` has the id, the owner and the message's parts, with what its log has."""
    ending = beside(connection, _ended, row, all_stored(connection, row.id), terminal)
    run = _end(connection, row.owner, ending)
    if run is not None:
        insert_lines(connection, [(run.number, ending.lines)])
    return run is not None


def all_stored(connection: Connection, run_id: str) -> list[RunEvent]:
    """Return a run's whole log."""
    # By pages: between two of them others have their turn.
    events: list[RunEvent] = []
    while page := stored_events(connection, run_id, events[-1].seq if events else 0, ROWS_AT_ONCE):
        events += page
    return events


def _ended(row: Row[*tuple[Any, ...]], stored: Sequence[RunEvent], terminal: TerminalEvent) -> Ending:
    parts = fold_events([(event.type, event.data) for event in stored], decode_parts(row.parts))
    usage = next((Usage(**orjson.loads(event.data)) for event in reversed(stored) if event.type == Usage.type), None)
    lines = pack(row.id, stored[-1].seq, [(terminal.type, to_json(terminal))])
    return Ending(lines, terminal, parts, usage)


def _end(connection: Connection, owner: str, ending: Ending) -> Row[*tuple[Any, ...]] | None:
    status = ending.terminal.type.removeprefix("run.")
    of_run = {"of_run": ending.lines.run_id, "of_owner": owner}
    connection.execute(TOUCH_THREAD, {**of_run, "updated_at": time.time()})
    ended = {"status": status, "seq": ending.lines.last_seq, "ended_at": time.time(), **_columns_of(ending)}
    run = connection.execute(END, {**of_run, **ended}).one_or_none()
    if run is not None:
        search = beside(connection, index_terms, search_text_of(ending.parts))
        final = {"status": status, "parts": encode_parts(ending.parts), "search": search}
        connection.execute(END_MESSAGE, {"of_message": run.message_id, **final})
    return run


def _columns_of(ending: Ending) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    terminal, usage = ending.terminal, ending.usage
    if isinstance(terminal, RunCompleted):
        columns["finish_reason"] = terminal.finish_reason
    elif isinstance(terminal, RunFailed | RunInterrupted):
        columns |= {"error_code": terminal.code, "error_message": terminal.message}
        columns["error_is_retryable"] = terminal.retryable
    if usage is not None:
        columns |= {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        columns["usage_is_estimated"] = usage.estimated
    return columns
