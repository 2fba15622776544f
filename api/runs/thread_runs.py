"""Runs of stored threads: from a request to a row, a producer and readers, in this worker or another."""

from dataclasses import dataclass

from api.config import Config
from api.errors import BadRequest, Busy, DecantError, KeyReused, NotFound, ServerShutdown
from api.hub import in_turns
from api.messages import Message, ModelRequest, text_message
from api.parts import Part, TextPart
from api.runs.log_reader import Client, LogReader
from api.runs.recorder import RunRecorder
from api.runs.registry import RunRegistry
from api.runs.run import Run
from api.runs.store_reader import StoredRunReader
from api.runs.titles import title_of
from api.store import Store
from api.store.records import NewRun, RunContext, StoredMessage, StoredRun

CONTINUE = "Continue exactly where your last message stops. Repeat nothing and add no introduction."


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a client asks of a thread.

    `content` is a new user message under `parent_id`; without it the message `parent_id` is answered again; with
    `continue_id` the answer of that id goes on, beside it. `is_first` says that there is no parent. Without `model` the
    thread's is asked.
    """

    content: str | None
    parent_id: str | None
    is_first: bool
    continue_id: str | None
    model: str | None
    temperature: float | None
    max_tokens: int | None


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

    def __init__(self, store: Store, registry: RunRegistry, recorder: RunRecorder, owner: str, config: Config) -> None:
        self._store = store
        self._registry = registry
        self._recorder = recorder
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
        new, request = self._new_run(context, asked, idempotency_key)
        created = self._store.runs.create(account_id, new, self._owner)
        if created.started is None:
            return self._open_started(account_id, thread_id, asked, created.run, client)
        run = self._registry.admit_stored(
            created.started,
            request,
            stored=created.run,
            request_id=request_id,
            on_sealed=lambda _: self._recorder.wake(),
        )
        self._recorder.add(run, new.answer_parts)
        self._registry.produce(run)
        return OpenedRun(created.run, self._registry.follow(run, client), run)

    def open(self, account_id: str, run: StoredRun, client: Client, last_event_id: int) -> OpenedRun:
        """Read a run after an event, wherever it is made."""
        local = self._registry.find(run.run_id)
        if local is not None:
            return OpenedRun(run, self._registry.follow(local, client, last_event_id), local)
        reader = StoredRunReader(
            self._store, account_id, run.run_id, client, self._config.heartbeat_seconds, last_event_id
        )
        return OpenedRun(run, reader, None)

    def cancel(self, account_id: str, run_id: str) -> StoredRun:
        """End a run on request: at once where it is this worker's, whether the database answers or not.

        The owner of another sees a mark within 300 ms.

        Raises:
            NotFound: The account has no such run.
        """
        return self._registry.cancel_stored(account_id, run_id) or self._store.runs.request_cancel(account_id, run_id)

    def _open_started(
        self, account_id: str, thread_id: str, asked: RunRequest, run: StoredRun, client: Client
    ) -> OpenedRun:
        if run.thread_id != thread_id and asked.content != self._question(account_id, run):
            raise KeyReused("This Idempotency-Key has started a run of another thread: each message takes a new one.")
        return self.open(account_id, run, client, 0)

    def _question(self, account_id: str, run: StoredRun) -> str:
        try:
            path = self._store.runs.context(account_id, run.thread_id, run.message_id).path
        except NotFound:
            return ""  # Its thread is deleted.
        return next((message.text for message in reversed(path) if message.role == "user"), "")

    def _new_run(
        self, context: RunContext, asked: RunRequest, idempotency_key: str | None
    ) -> tuple[NewRun, ModelRequest]:
        """Check what is asked; return what to store, and what the model is told of the thread."""
        thread, path = context.thread, context.path
        told = [text_message("system", thread.system_prompt)] if thread.system_prompt else []
        told += [message for message in map(_told, in_turns(path)) if message is not None and message.text]
        parts: tuple[Part, ...] = ()
        answer_parts: tuple[Part, ...] = ()
        parent_id = path[-1].message_id if path else None
        if asked.continue_id is not None:
            if path[-1].role != "assistant" or not path[-1].text:
                raise BadRequest("continue_id has to name an answer of this thread that has text.")
            parent_id, answer_parts = path[-1].parent_id, path[-1].parts
            told.append(text_message("user", CONTINUE))
        elif asked.content is not None:
            parts = (TextPart(asked.content),)
            told.append(text_message("user", asked.content))
        elif asked.parent_id is None or path[-1].role != "user":
            raise BadRequest("Without content, parent_id has to name the user's message to answer again.")
        is_first = parent_id is None
        title = title_of(asked.content or "")
        models = self._config.provider.models
        model = asked.model or (thread.model if thread.model in models else models[0])
        new = NewRun(thread.thread_id, model, parts, parent_id, is_first, answer_parts, idempotency_key, title)
        return new, ModelRequest(model, tuple(told), asked.temperature, asked.max_tokens)


def _told(message: StoredMessage) -> Message | None:
    return Message(message.role, message.parts) if message.role != "tool" else None
