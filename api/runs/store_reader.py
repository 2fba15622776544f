"""Reads a run that another process makes, or has made, from the store."""

import time
from collections.abc import Iterator

from api.errors import StoreUnavailable
from api.events import from_json, is_terminal
from api.runs.log import LoggedEvent
from api.runs.log_reader import Client, Push
from api.store import Store
from api.store.records import Replay

POLL_SECONDS = 0.25
WAITING_POLL_SECONDS = 1.0
MOST_WAITING_SECONDS = 600.0


class StoredRunReader:
    """Iterates like `RunReader`, asking the store four times a second, or once while the run waits for a person.

    It ends after the terminal event, and also when the run has ended and has nothing more: its events are pruned, or
    the reader has seen more than was ever stored, because the run's process was killed. The message has the truth then.
    A store that does not answer is a silence. It also ends when a person has not decided for ten minutes: who wants to
    wait on reads anew.
    """

    def __init__(
        self,
        store: Store,
        account_id: str,
        run_id: str,
        client: Client,
        heartbeat_seconds: float,
        last_event_id: int = 0,
    ) -> None:
        self._store = store
        self._account_id = account_id
        self._run_id = run_id
        self._client = client
        self._is_closed = False
        self._seq = last_event_id
        self.heartbeat_seconds = heartbeat_seconds

    def take(self) -> list[LoggedEvent]:
        """Everything is asked for by the iteration."""
        return []

    def push_to(self, push: Push) -> None:
        """Nobody appends here: everything goes to the iteration."""

    def __iter__(self) -> Iterator[list[LoggedEvent]]:
        said_at = event_at = time.monotonic()
        while not self._is_closed and not self._client.is_gone():
            replay = self._replay()
            now = time.monotonic()
            if replay is not None and replay.events:
                entries = [LoggedEvent(row.seq, from_json(row.type, row.data), row.data) for row in replay.events]
                self._seq = entries[-1].seq
                said_at = event_at = now
                yield entries
                if is_terminal(entries[-1].event):
                    return
                continue
            if replay is not None and not replay.run.is_active:
                return
            is_waiting = replay is not None and replay.run.status == "requires_action"
            if is_waiting and now - event_at > MOST_WAITING_SECONDS:
                return
            if now - said_at >= self.heartbeat_seconds:
                said_at = now
                yield []
            time.sleep(WAITING_POLL_SECONDS if is_waiting else POLL_SECONDS)

    def close(self) -> None:
        """Stop at the next look."""
        self._is_closed = True

    def _replay(self) -> Replay | None:
        try:
            return self._store.run_events.replay_after(self._account_id, self._run_id, self._seq)
        except StoreUnavailable:
            return None
