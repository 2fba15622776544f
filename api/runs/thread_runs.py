"""Runs of stored threads: from a request to a row, a producer and readers, in this worker or another."""

import threading
from dataclasses import dataclass, replace
from functools import partial

from api.config import Config
from api.errors import Busy, DecantError, KeyReused, NotFound, ServerShutdown
from api.runs.following import RunFollower
from api.runs.launcher import Launch, Launcher
from api.runs.log_reader import Client, LogReader
from api.runs.registry import RunRegistry
from api.runs.run import Run
from api.runs.run_request import RunRequest, new_run
from api.runs.store_reader import StoredRunReader
from api.store import Store
from api.store.records import StoredRun


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run with a reader on it, and how it failed if it did so in this worker."""

    run: StoredRun
    reader: LogReader
    local: Run | None

    def failure(self) -> DecantError | None:
        """Return why the run failed, as far as this worker knows."""
        return self.local.error if self.local is not None else None


class ThreadRuns:
    """Starts, follows and cancels the runs of stored threads."""

    def __init__(
        self,
        store: Store,
        registry: RunRegistry,
        launcher: Launcher,
        owner: str,
        config: Config,
    ) -> None:
        # Each holds a thread or a connection of the worker; some are for those who start runs, some for everybody else.
        self.followers = threading.BoundedSemaphore(config.max_streams)
        self._store = store
        self._registry = registry
        self._launcher = launcher
        self._owner = owner
        self._config = config

    def start(
        self,
        account_id: str,
        thread_id: str,
        asked: RunRequest,
        *,
        idempotency_key: str | None,
        request_id: str,
        client: Client,
    ) -> OpenedRun:
        """Start a run, or open the one that the key has started before.

        Also one of another thread, if it answers the same text: a client that has lost the response to its first try
        may ask again in a new thread.

        Raises:
            NotFound: There is no such thread or message.
            Conflict: The thread has a run that goes on.
            KeyReused: The key has started a run for something else.
            Busy: Every slot is taken.
        """
        try:
            self._registry.check_slots()
        except (Busy, ServerShutdown):
            # Nothing more is read for what is refused.
            started = self._store.runs.started_by(account_id, idempotency_key)
            if started is None:
                raise
            return self._open_started(account_id, thread_id, asked, started, client)
        context = self._store.runs.context(
            account_id,
            thread_id,
            asked.continue_id or asked.parent_id,
            is_first=asked.is_first,
            idempotency_key=idempotency_key,
        )
        if context.started is not None:
            return self._open_started(account_id, thread_id, asked, context.started, client)
        self._registry.check_slots()
        self._launcher.check_servers(asked.tools)
        if asked.tool is not None:
            asked = replace(asked, tool=self._launcher.find_tool(asked.tool))
        new, request = new_run(context, asked, self._config.models, idempotency_key)
        created = self._store.runs.create(account_id, new, self._owner)
        if created.started is None:
            return self._open_started(account_id, thread_id, asked, created.run, client)
        launch = Launch(created.run, created.started, request, context.thread, new.answer_parts, request_id)
        run = self._launcher.launch(launch)
        return OpenedRun(created.run, self._follow(created.run, run, client, 0), run)

    def start_thread(
        self, account_id: str, asked: RunRequest, *, idempotency_key: str | None, request_id: str, client: Client
    ) -> OpenedRun:
        """Start a run in a new thread, or open the one that the key has started before.

        Raises:
            KeyReused: The key has started a run for something else.
            Busy: Every slot is taken.
        """
        started = self._store.runs.started_by(account_id, idempotency_key)
        if started is not None:
            return self._open_started(account_id, "", asked, started, client)
        self._registry.check_slots()
        thread = self._store.threads.create(account_id, model=asked.model or "")
        try:
            return self.start(
                account_id,
                thread.thread_id,
                asked,
                idempotency_key=idempotency_key,
                request_id=request_id,
                client=client,
            )
        except DecantError:
            self._store.threads.delete(account_id, thread.thread_id)
            raise

    def open(self, run: StoredRun, client: Client, last_event_id: int) -> OpenedRun:
        """Read a run after an event, wherever it is made."""
        local = self._registry.find(run.run_id)
        if local is not None:
            return OpenedRun(run, self._follow(run, local, client, last_event_id), local)
        return OpenedRun(run, self._read_stored(run, client, last_event_id), None)

    def cancel(self, account_id: str, run_id: str) -> StoredRun:
        """End a run on request: at once where it is this worker's, whether the database answers or not.

        The owner of another sees a mark within 300 ms.

        Raises:
            NotFound: The account has no such run.
        """
        return self._registry.cancel_stored(account_id, run_id) or self._store.runs.request_cancel(account_id, run_id)

    def _follow(self, stored: StoredRun, run: Run, client: Client, last_event_id: int) -> LogReader:
        local = self._registry.follow(run, client, last_event_id)
        return RunFollower(local, partial(self._read_stored, stored, client), self.followers)

    def _read_stored(self, run: StoredRun, client: Client, last_event_id: int) -> StoredRunReader:
        heartbeat_seconds = self._config.heartbeat_seconds
        return StoredRunReader(self._store, run.account_id, run.run_id, client, heartbeat_seconds, last_event_id)

    def _open_started(
        self, account_id: str, thread_id: str, asked: RunRequest, run: StoredRun, client: Client
    ) -> OpenedRun:
        if run.thread_id != thread_id and asked.content != self._question(account_id, run):
            raise KeyReused("This Idempotency-Key has started a run of another thread: each message takes a new one.")
        return self.open(run, client, 0)

    def _question(self, account_id: str, run: StoredRun) -> str:
        try:
            path = self._store.runs.context(account_id, run.thread_id, run.message_id).path
        except NotFound:
            return ""  # Its thread is deleted.
        return next((message.text for message in reversed(path) if message.role == "user"), "")
