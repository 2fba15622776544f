"""Runs that wait for a person: parked, decided about, and ended where nobody decides.

A parked run has no owner that works on it, and belongs to the database alone. Whoever changes one locks its thread
first and then the run, like a start and an end, so that no two transactions wait for each other.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import dropwhile, takewhile
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, or_, select, update

from api.errors import AlreadyDecided, DecisionTimeout, NotFound
from api.events import (
    RunCancelled,
    RunFailed,
    RunInterrupted,
    TerminalEvent,
    ToolCallDecided,
    ToolCallRequiresAction,
    from_json,
    to_json,
)
from api.store.records import StoredRun
from api.store.run_endings import TOUCH_THREAD, all_stored, end_stored
from api.store.run_events import insert_lines
from api.store.run_lines import RunEvent, RunLines, pack
from api.store.run_rows import get_run, lock_owned
from api.store.schema import Now, is_active, is_parked, messages, runs, threads, tool_decisions
from api.store.statements import insert_if_new
from api.store.transactions import Database
from api.tool_calls import Definition

MOST_ENDED_AT_ONCE = 100
DECIDED = "Somebody has decided about this tool call before."
TIMED_OUT = DecisionTimeout("Nobody decided about the tool call in time. Ask again, and it is asked for anew.")
EXPIRED = RunInterrupted(TIMED_OUT.code, str(TIMED_OUT), TIMED_OUT.retryable)

Scope = Literal["once", "thread", "step"]


class DecidedRun(NamedTuple):
    """A run that somebody has decided about; `events` is its log if it is for who reads this to go on with it."""

    run: StoredRun
    events: tuple[RunEvent, ...] | None


class HeldRuns(NamedTuple):
    """What has become of parked runs: those that wait still, and those that are decided about and their holder's."""

    waiting: frozenset[str]
    decided: tuple[DecidedRun, ...]


class RunDecisions:
    """What persons decide about the tool calls of accounts' runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def park(self, owner: str, lines: RunLines, expires_at: float) -> bool:
        """Store the last events of a run that waits for a person, and let go of it; False if it is not the owner's."""
        return self._database.write(_park, owner, lines, expires_at)

    def question(self, account_id: str, run_id: str, tool_call_id: str) -> ToolCallRequiresAction:
        """Return what a run asks a person about a call.

        Raises:
            NotFound: The account has no such run, or the run no such question.
            AlreadyDecided: Somebody has answered it, or the run is over.
        """
        return self._database.read(_question, account_id, run_id, tool_call_id)

    def decide(
        self,
        account_id: str,
        run_id: str,
        decided: ToolCallDecided,
        scope: Scope,
        owner: str,
        asked: ToolCallRequiresAction | None = None,
    ) -> DecidedRun:
        """Store a decision, once; with the last one the run goes on, and is the owner's or that of the calls' holder.

        With the scope `thread` an approval is kept for the thread's later calls of this tool; with `step` everything
        else that this run asks is answered in the same way. With `asked` it is about that question and no later one of
        the same call.

        Raises:
            NotFound: The account has no such run, or the run no such question.
            AlreadyDecided: Somebody was faster, or the run is over.
        """
        return self._database.write(_decide, account_id, run_id, decided, scope, owner, asked)

    def held(self, owner: str, run_ids: Collection[str]) -> HeldRuns:
        """Return what has become of runs whose open calls the owner holds."""
        return self._database.read(_held, owner, run_ids)

    def interrupt(self, run_id: str, interrupted: RunInterrupted) -> bool:
        """End a run that waits for a person."""
        return self._database.write(end_parked, run_id, interrupted)

    def approved(self, account_id: str, thread_id: str) -> frozenset[Definition]:
        """Return what a person has approved for a thread."""
        return self._database.read(_approved, account_id, thread_id)

    def revoke(self, account_id: str, thread_id: str, server: str, tool: str) -> None:
        """Forget that a person has approved a tool for a thread, however it was defined."""
        self._database.write(_revoke, account_id, thread_id, server, tool)

    def fail(self, owner: str, run_id: str, failed: RunFailed) -> bool:
        """End a run of the owner's that cannot go on."""
        return self._database.write(_fail, owner, run_id, failed)

    def end_forgotten(self) -> int:
        """End the parked runs that nobody has decided about in time, or whose thread is deleted; return how many."""
        ended = 0
        for run_id, is_cancelled in self._database.read(_forgotten):
            ended += self._database.write(end_parked, run_id, RunCancelled() if is_cancelled else EXPIRED)
        return ended


PARK = (
    update(runs)
    .where(runs.c.id == bindparam("of_run"))
    .values(status="requires_action", action_expires_at=bindparam("expires_at"))
    .returning(runs.c.message_id)
)
TAKE_UP = (
    update(runs)
    .where(runs.c.id == bindparam("of_run"))
    .values(status="running", action_expires_at=None, owner=bindparam("of_owner"), heartbeat_at=Now())
    .returning(runs.c.message_id)
)
SHOW = update(messages).where(messages.c.id == bindparam("of_message")).values(status=bindparam("now"))
TOUCH_THREAD_OF_PARKED = update(threads).where(
    threads.c.id == select(runs.c.thread_id).where(runs.c.id == bindparam("of_run"), is_parked).scalar_subquery()
)
_OF_MESSAGE = select(runs.c.id, runs.c.owner, messages.c.parts).join(messages, messages.c.id == runs.c.message_id)
PARKED = _OF_MESSAGE.where(runs.c.id == bindparam("of_run"), is_parked).with_for_update(of=runs, key_share=True)
OWNED = _OF_MESSAGE.where(runs.c.id == bindparam("of_run"), runs.c.owner == bindparam("of_owner"))


def _park(connection: Connection, owner: str, lines: RunLines, expires_at: float) -> bool:
    run_id = lines.run_id
    connection.execute(TOUCH_THREAD, {"of_run": run_id, "of_owner": owner, "updated_at": time.time()})
    owned = lock_owned(connection, owner, [run_id]).get(run_id)
    if owned is None:
        return False
    rest = lines.rest_after(owned.seq)
    if rest is None or not rest.lines:
        raise ValueError(f"run {run_id} has stored {owned.seq} events, its question does not follow")
    insert_lines(connection, [(owned.number, rest)])
    message_id = connection.execute(PARK, {"of_run": run_id, "expires_at": expires_at}).scalar_one()
    connection.execute(SHOW, {"of_message": message_id, "now": "requires_action"})
    if owned.is_cancelled:
        end_parked(connection, run_id, RunCancelled())
    return True


def _question(connection: Connection, account_id: str, run_id: str, tool_call_id: str) -> ToolCallRequiresAction:
    run = get_run(connection, account_id, run_id)
    return _open_question(run, all_stored(connection, run_id), tool_call_id)[tool_call_id]


def _decide(
    connection: Connection,
    account_id: str,
    run_id: str,
    decided: ToolCallDecided,
    scope: Scope,
    owner: str,
    meant: ToolCallRequiresAction | None,
) -> DecidedRun:
    run = get_run(connection, account_id, run_id)
    _lock(connection, run_id)
    run = get_run(connection, account_id, run_id)
    stored = all_stored(connection, run_id)
    questions = _open_question(run, stored, decided.tool_call_id)
    asked = questions[decided.tool_call_id]
    if meant is not None and meant != asked:
        raise AlreadyDecided(DECIDED)
    decisions = [decided]
    for other in questions.values():
        is_same = scope == "step" or (scope == "thread" and _definition(other) == _definition(asked))
        if other is not asked and is_same and other.kind == asked.kind == "approval":
            decisions.append(replace(decided, tool_call_id=other.tool_call_id, arguments=None))
    if scope == "thread" and decided.decision == "approve":
        row = {"account_id": account_id, "thread_id": run.thread_id, **_definition(asked)._asdict()}
        insert_if_new(connection, tool_decisions, {**row, "created_at": time.time()})
    lines = pack(run_id, stored[-1].seq, [(event.type, to_json(event)) for event in decisions])
    number = connection.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar_one()
    insert_lines(connection, [(number, lines)])
    if len(questions) > len(decisions):
        return DecidedRun(get_run(connection, account_id, run_id), None)
    holder = _holder(stored)
    message_id = connection.execute(TAKE_UP, {"of_run": run_id, "of_owner": holder or owner}).scalar_one()
    connection.execute(SHOW, {"of_message": message_id, "now": "running"})
    events = None if holder else tuple(all_stored(connection, run_id))
    return DecidedRun(get_run(connection, account_id, run_id), events)


def _holder(stored: Sequence[RunEvent]) -> str | None:
    """Return who holds calls of a parked run that are open, as its last questions say: they stand beside each other."""
    before = dropwhile(lambda row: row.type != ToolCallRequiresAction.type, reversed(stored))
    for row in takewhile(lambda row: row.type == ToolCallRequiresAction.type, before):
        event = from_json(row.type, row.data)
        if isinstance(event, ToolCallRequiresAction) and event.held_by is not None:
            return event.held_by
    return None


def _held(connection: Connection, owner: str, run_ids: Collection[str]) -> HeldRuns:
    columns = (runs.c.id, runs.c.account_id, runs.c.status, runs.c.owner)
    rows = connection.execute(select(*columns).where(runs.c.id.in_(run_ids), is_active)).all()
    mine = [row for row in rows if row.status != "requires_action" and row.owner == owner]
    return HeldRuns(
        frozenset(row.id for row in rows if row.status == "requires_action"),
        tuple(
            DecidedRun(get_run(connection, row.account_id, row.id), tuple(all_stored(connection, row.id)))
            for row in mine
        ),
    )


def _open_question(run: StoredRun, stored: list[RunEvent], tool_call_id: str) -> dict[str, ToolCallRequiresAction]:
    """Return what the run asks, if that has to do with this call."""
    asked: dict[str, ToolCallRequiresAction] = {}
    was_asked = False
    for row in stored:
        if row.type == ToolCallRequiresAction.type and isinstance(
            event := from_json(row.type, row.data), ToolCallRequiresAction
        ):
            asked[event.tool_call_id] = event
            was_asked = was_asked or event.tool_call_id == tool_call_id
        elif row.type == ToolCallDecided.type and isinstance(event := from_json(row.type, row.data), ToolCallDecided):
            asked.pop(event.tool_call_id, None)
    if run.status != "requires_action" and (was_asked or not run.is_active):
        raise AlreadyDecided(
            DECIDED
            if run.is_active or tool_call_id not in asked
            else "This answer has ended: there is nothing to decide any more."
        )
    if tool_call_id in asked:
        return asked
    if was_asked:
        raise AlreadyDecided(DECIDED)
    raise NotFound("This run asks nothing about such a tool call.")


def _definition(asked: ToolCallRequiresAction) -> Definition:
    return Definition(asked.server, asked.tool, asked.definition_hash)


def _approved(connection: Connection, account_id: str, thread_id: str) -> frozenset[Definition]:
    columns = (tool_decisions.c[name] for name in Definition._fields)
    of_thread = (tool_decisions.c.account_id == account_id, tool_decisions.c.thread_id == thread_id)
    return frozenset(Definition(*row) for row in connection.execute(select(*columns).where(*of_thread)))


def _revoke(connection: Connection, account_id: str, thread_id: str, server: str, tool: str) -> None:
    meant = {"account_id": account_id, "thread_id": thread_id, "server": server, "tool": tool}
    connection.execute(delete(tool_decisions).where(*(tool_decisions.c[name] == meant[name] for name in meant)))


def _fail(connection: Connection, owner: str, run_id: str, failed: RunFailed) -> bool:
    row = connection.execute(OWNED, {"of_run": run_id, "of_owner": owner}).one_or_none()
    return row is not None and end_stored(connection, row, failed)


def _forgotten(connection: Connection) -> list[tuple[str, bool]]:
    is_over = or_(runs.c.action_expires_at < Now(), runs.c.cancel_requested_at.is_not(None))
    asked = select(runs.c.id, runs.c.cancel_requested_at.is_not(None)).where(is_parked, is_over)
    return [
        (run_id, bool(is_cancelled)) for run_id, is_cancelled in connection.execute(asked.limit(MOST_ENDED_AT_ONCE))
    ]


def end_parked(connection: Connection, run_id: str, terminal: TerminalEvent) -> bool:
    """End a run if it waits for a person."""
    row = _lock(connection, run_id)
    return row is not None and end_stored(connection, row, terminal)


def _lock(connection: Connection, run_id: str) -> Row[*tuple[Any, ...]] | None:
    connection.execute(TOUCH_THREAD_OF_PARKED, {"of_run": run_id, "updated_at": time.time()})
    return connection.execute(PARKED, {"of_run": run_id}).one_or_none()
