"""The run of one answer, from the request that starts it to its end: how it is read, cancelled and given up."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Protocol

from ui import texts
from ui.client.backend import Backend
from ui.client.mailbox import Connection, Entry
from ui.client.run_reader import RunReader
from ui.errors import ApiRefused, ApiUnreachable, PageError
from ui.events import RunStarted
from ui.messages import Failure, Message, RunRequest, RunToFollow
from ui.thread.answer import fail
from ui.thread.state import Asked, ChatState
from ui.thread.stored_messages import StoredMessages

# A cut that heals within this time is nobody's business.
QUIET_SECONDS = 2.0
PAUSE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class RunObserver(Protocol):
    """Whoever shows the answer; told nothing after the run was closed."""

    def on_run_change(self) -> None:
        """Show what the answer has become."""

    def on_run_start(self) -> None:
        """Take note that what was asked for is stored, and has its ids."""

    def on_run_elsewhere(self, thread_id: str) -> None:
        """Take note that what was asked for has run before, in that thread; nothing comes after this."""

    def on_run_refuse(self, run: "OpenRun", asked: Asked, error: PageError) -> None:
        """Take note that what was asked for is no run and is withdrawn; nothing comes after this."""

    def on_run_end(self, run: "OpenRun") -> None:
        """Take note that the answer is as it will stay; nothing comes after this."""


class OpenRun:
    """Reads the run of one answer into the state of a thread, over broken connections, for one observer."""

    def __init__(
        self, backend: Backend, state: ChatState, stored: StoredMessages, answer: Message, observer: RunObserver
    ) -> None:
        self.answer = answer
        self._backend = backend
        self._state = state
        self._stored = stored
        self._observer = observer
        self._reader: RunReader | None = None
        self._cut: asyncio.TimerHandle | None = None
        self._is_cancelling = False
        self._is_closed = False
        self._is_known = asyncio.Event()  # that there is a run, or that there will be none
        if answer.run_id:
            self._is_known.set()

    def close(self) -> None:
        """Stop reading; the run goes on."""
        self._is_closed = True
        self._is_known.set()
        if self._reader:
            self._reader.close()

    async def read(self, request: Callable[[], Awaitable[RunRequest]] | None = None) -> None:
        """Follow the run until it has ended, or is given up; with a request it is started first."""
        try:
            await self._read(await request() if request else self._to_follow())
        except PageError as exc:
            self._give_up(exc)
        except Exception:
            logger.exception("showing a run failed")
            self._give_up(PageError(texts.PAGE_FAILED))
        finally:
            self._is_known.set()
        if not self._is_closed and self.answer.run_id:
            self._observer.on_run_end(self)

    async def cancel(self) -> None:
        """Ask for the end of the run, as soon as it has an id; its text is what the log says then.

        Raises:
            PageError: the API does not end it.
        """
        if self._is_cancelling:
            return
        self._is_cancelling = True
        try:
            await self._is_known.wait()
            while self._goes_on and self.answer.run_id and not await self._is_cancel_heard(self.answer.run_id):
                await asyncio.sleep(PAUSE_SECONDS)
        except PageError:
            self._is_cancelling = False
            raise

    @property
    def _goes_on(self) -> bool:
        return self.answer.is_running and not self._is_closed

    async def _is_cancel_heard(self, run_id: str) -> bool:
        try:
            await self._backend.call(self._backend.client.cancel_run, run_id)
        except ApiUnreachable:
            return False
        return True

    async def _read(self, run: RunRequest | RunToFollow) -> None:
        while self._goes_on:
            await self._read_stream(run)
            if not self._goes_on or not self.answer.run_id:
                return
            await self._load_stored()
            if self._state.get(self.answer.message_id) is not self.answer:
                return
            run = self._to_follow()

    async def _read_stream(self, run: RunRequest | RunToFollow) -> None:
        """Fold the run's events into the answer until there are no more, or one is missing."""
        self._reader = RunReader(self._backend.client, self._backend.executor)
        try:
            async with aclosing(self._reader.read(run)) as batches:
                async for entries in batches:
                    if not self._take(entries):
                        return
        finally:
            self._reader = None
            self._end_cut()

    def _take(self, entries: list[Entry]) -> bool:
        now = self._backend.clock()
        was_asked = not self.answer.message_id
        is_whole = True
        for entry in entries:
            if entry is Connection.CUT:
                self._cut = self._cut or asyncio.get_running_loop().call_later(QUIET_SECONDS, self._show_cut)
            elif entry is Connection.OPEN:
                self._end_cut()
            elif not self._state.apply(self.answer, entry, now):
                is_whole = False
                break
            elif was_asked and isinstance(entry.event, RunStarted):
                self._on_start(entry.event)
        if not self._is_closed:
            self._observer.on_run_change()
        return is_whole

    def _on_start(self, started: RunStarted) -> None:
        self._is_known.set()
        if self.answer.message_id:
            self._observer.on_run_start()
        else:
            self._observer.on_run_elsewhere(started.thread_id)
            self.close()

    def _to_follow(self) -> RunToFollow:
        progress = self.answer.progress
        return RunToFollow(self.answer.run_id or "", progress.last_event_id if progress else 0)

    async def _load_stored(self) -> None:
        # The API has no more events than this page has seen; what it has stored is the truth.
        try:
            await self._stored.load(lambda: None)
        except ApiUnreachable:
            logger.info("the API is away at the end of a run")
        if self._state.is_running:
            await asyncio.sleep(PAUSE_SECONDS)

    def _show_cut(self) -> None:
        if self._goes_on and self.answer.progress:
            self.answer.progress.is_cut = True
            self._observer.on_run_change()

    def _end_cut(self) -> None:
        if self._cut:
            self._cut.cancel()
        self._cut = None
        if self.answer.progress:
            self.answer.progress.is_cut = False

    def _give_up(self, error: PageError) -> None:
        if self.answer.run_id:
            failure = Failure(sentence_of(error), error.is_retryable, error.request_id, is_local=True)
            fail(self.answer, failure, self._backend.clock())
        elif not self._is_closed and (asked := self._state.withdraw()):
            self._observer.on_run_refuse(self, asked, error)
        if isinstance(error, ApiUnreachable):
            self._backend.watch.report_away()


def sentence_of(error: PageError) -> str:
    """Return what a person is told of the error, with when to try again if the API has said so."""
    if isinstance(error, ApiRefused) and error.retry_after_seconds:
        return f"{error} {texts.RETRY_AFTER.format(seconds=math.ceil(error.retry_after_seconds))}"
    return str(error)
