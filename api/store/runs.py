"""Runs: rows that say who writes an answer, whether it still goes on, and how it ended.

Every change is a compare-and-set: a run is changed only while it is `running`, and by its owner, where one acts as
owner.
"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from api.errors import Conflict
from api.events import RunCancelled
from api.store.records import CreatedRun, Ending, Heartbeat, NewRun, RunContext, StoredRun
from api.store.run_creation import create_run, find_by_key, find_context
from api.store.run_decisions import end_parked
from api.store.run_endings import claim, end, silent
from api.store.run_rows import COLUMNS, cancel_requested, get_run, lock_owned, to_run
from api.store.schema import Now, is_active, runs
from api.store.transactions import Database


class Runs:
    """The runs of accounts' threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def context(
        self,
        account_id: str,
        thread_id: str,
        leaf_id: str | None = None,
        *,
        is_first: bool = False,
        idempotency_key: str | None = None,
    ) -> RunContext:
        """Return what a run under a leaf starts from, None being the newest; without messages if it `is_first`.

        Raises:
            NotFound: The account has no such thread, or the thread no such leaf.
        """
        return self._database.read(find_context, account_id, thread_id, leaf_id, is_first, idempotency_key)

    def create(self, account_id: str, new: NewRun, owner: str) -> CreatedRun:
        """Add the user's message, the answer's message and the run with its first event, all in one transaction.

        Raises:
            NotFound: The account has no such thread, or the thread no such parent.
            Conflict: The thread has a run that goes on.
        """
        try:
            return self._database.write(create_run, account_id, new, owner)
        except IntegrityError as error:
            # The thread has a run that goes on, or another transaction was faster with the same key.
            existing = self.started_by(account_id, new.idempotency_key)
            if existing is None:
                raise Conflict("This thread is being answered. Wait for the end, or stop it first.") from error
            return CreatedRun(existing)

    def started_by(self, account_id: str, idempotency_key: str | None) -> StoredRun | None:
        """Return the run that a key has started, if any."""
        return self._database.read(find_by_key, account_id, idempotency_key) if idempotency_key is not None else None

    def get(self, account_id: str, run_id: str) -> StoredRun:
        """Return a run.

        Raises:
            NotFound: The account has no such run.
        """
        return self._database.read(get_run, account_id, run_id)

    def list_by_id(self, account_id: str, run_ids: Collection[str]) -> tuple[StoredRun, ...]:
        """Return those of the runs that the account has, as the messages of a page name them."""
        return self._database.read(_list_by_id, account_id, run_ids) if run_ids else ()

    def request_cancel(self, account_id: str, run_id: str) -> StoredRun:
        """Mark a run that goes on as to be cancelled, and end one that waits; one that has ended stays as it is.

        Raises:
            NotFound: The account has no such run.
        """
        return self._database.write(_request_cancel, account_id, run_id)

    def cancel_requested(self, run_ids: Collection[str]) -> frozenset[str]:
        """Return those of an owner's runs that somebody wants cancelled."""
        return self._database.read(cancel_requested, run_ids) if run_ids else frozenset()

    def heartbeat(self, owner: str, run_ids: Collection[str]) -> frozenset[str]:
        """Say that the owner lives; return the runs that are still its own, the others have ended elsewhere."""
        return self._database.write(_heartbeat, owner, run_ids) if run_ids else frozenset()

    def end(self, owner: str, ending: Ending) -> bool:
        """Store the last events and the final message and end the run, all in one transaction.

        False, and nothing stored, when the run is not the owner's any more or has ended, also by an earlier try.
        """
        return self._database.write(end, owner, ending)

    def find_silent(self, owner: str, seconds: float) -> tuple[Heartbeat, ...]:
        """Return the last heartbeats of other owners' runs that look older than so many seconds, or of the future.

        The database's clock may have jumped: that a run is silent says that the heartbeat stays the same.
        """
        return self._database.read(silent, owner, seconds)

    def claim(self, last: Heartbeat) -> bool:
        """End as interrupted a run whose last heartbeat is still this one; False when anybody was faster."""
        return self._database.write(claim, last)


HEARTBEAT = update(runs).where(runs.c.id.in_(bindparam("run_ids", expanding=True))).values(heartbeat_at=Now())
REQUEST_CANCEL = (
    update(runs)
    .where(runs.c.id == bindparam("of_run"), runs.c.account_id == bindparam("of_account"), is_active)
    .values(cancel_requested_at=func.coalesce(runs.c.cancel_requested_at, Now()))
)


def _list_by_id(connection: Connection, account_id: str, run_ids: Collection[str]) -> tuple[StoredRun, ...]:
    asked = select(*COLUMNS).where(runs.c.account_id == account_id, runs.c.id.in_(run_ids)).order_by(runs.c.id)
    return tuple(map(to_run, connection.execute(asked)))


def _request_cancel(connection: Connection, account_id: str, run_id: str) -> StoredRun:
    get_run(connection, account_id, run_id)
    if not end_parked(connection, run_id, RunCancelled()):
        connection.execute(REQUEST_CANCEL, {"of_run": run_id, "of_account": account_id})
    return get_run(connection, account_id, run_id)


def _heartbeat(connection: Connection, owner: str, run_ids: Collection[str]) -> frozenset[str]:
    owned = lock_owned(connection, owner, run_ids)
    connection.execute(HEARTBEAT, {"run_ids": list(owned)})
    return frozenset(owned)
