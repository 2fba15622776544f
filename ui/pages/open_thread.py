"""The open thread of a page: what asking, stopping and going on do; the state decides, the views follow.

The thread and its runs are the API's. What is asked for here is shown at once and taken back if the API refuses it.
"""

import asyncio
import logging
import math
import uuid
from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import background_tasks

from ui import texts
from ui.client.backend import Backend
from ui.elements.thread_view import ThreadView
from ui.errors import ApiRefused, ApiUnreachable, PageError
from ui.messages import Failure, Message, RunRequest, RunToFollow, Status
from ui.pages.page_elements import Host, Views
from ui.thread.run_follower import RunFollower
from ui.thread.state import ChatState, is_provisional
from ui.thread.stored_messages import StoredMessages
from ui.threads import Thread

SPOKEN_ENDS = {Status.COMPLETED: texts.SAY_COMPLETED, Status.CANCELLED: texts.SAY_STOPPED}
PAUSE_SECONDS = 0.5

logger = logging.getLogger(__name__)

GiveBack = Callable[[str], None]
Ask = Callable[[], Awaitable[RunRequest | RunToFollow]]


class Conversation:
    """One thread on one page; a thread that is not stored yet has no id."""

    def __init__(self, backend: Backend, views: Views, host: Host, thread: Thread) -> None:
        self.thread = thread
        self.is_loaded = not thread.thread_id
        self._backend = backend
        self._views = views
        self._host = host
        self._state = ChatState()
        self._stored = StoredMessages(backend, self._state)
        self._follower: RunFollower | None = None
        self._started: Message | None = None
        self._stop_asked_for: Message | None = None
        self._is_closed = False
        with views.scroller:
            self._thread_view = ThreadView(self._state, self)
        self._refresh()

    @property
    def is_running(self) -> bool:
        """Whether an answer of the thread is being written."""
        return self._state.is_running

    @property
    def last_message_id(self) -> str | None:
        """The last message that is shown, if the API knows it."""
        stored = [message for message in self._state.messages if not is_provisional(message)]
        return stored[-1].message_id if stored else None

    def close(self) -> None:
        """Leave the thread; its run goes on."""
        self._is_closed = True
        if self._follower:
            self._follower.close()
        self._thread_view.delete()

    async def load(self) -> None:
        """Show the thread as it is stored, and follow its run.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        self.thread = await self._backend.call(self._backend.client.thread, self.thread.thread_id)
        await self.sync()
        self.is_loaded = True

    async def sync(self) -> None:
        """Take in what other pages have done to the thread, and follow what runs.

        Raises:
            PageError: there is no such thread any more, or no answer.
        """
        if self._is_closed:
            return
        was_empty = not self._state.messages
        await self._stored.load(self.thread.thread_id, self._followed)
        if self._thread_view.is_deleted:
            return
        self._refresh(is_beside=True)
        if was_empty:
            self._views.scroller.follow()
        running = self._state.running
        if running and running.run_id and not self._follower:
            self._follow(running, RunToFollow(running.run_id, running.last_seq))

    def send(self, text: str, key: str) -> bool:
        """Ask below what is shown; False while an answer is being written."""
        if not self._may_ask():
            return False
        self._start(self._state.ask(text), key, self._views.composer.give_back, is_new=True)
        return True

    def edit(self, message: Message, text: str) -> bool:
        """Ask this instead, as another version of the message; False while an answer is being written."""
        if not self._may_ask():
            return False

        def give_back(sentence: str) -> None:
            self._views.composer.say(sentence)
            self._thread_view.open_editor(message, text)

        self._start(self._state.edit(message, text), _new_key(), give_back, is_new=True)
        return True

    def answer_again(self, answer: Message) -> None:
        """Have the question answered another time."""
        if self._may_ask():
            self._start(self._state.answer_again(answer), _new_key(), self._views.composer.say)

    def go_on(self, answer: Message) -> None:
        """Have an answer that ends before its end written on, as another version of it."""
        if self._may_ask():
            longer = self._state.go_on(answer)
            self._start(longer, _new_key(), self._views.composer.say, continue_id=answer.message_id)

    def choose(self, message: Message) -> None:
        """Show another version of a message, and how the thread went on from there."""
        self._state.choose(message)
        self._refresh(is_beside=True)

    def cancel(self) -> None:
        """Ask for the end of the answer that is being written; its text is what the log says then."""
        running = self._state.running
        if running and self._stop_asked_for is not running:
            self._stop_asked_for = running
            if running.run_id:
                background_tasks.create(self._cancel(running, running.run_id), name="cancel a run")

    def _may_ask(self) -> bool:
        return self.is_loaded and not self._state.is_running and not self._is_closed

    def _start(
        self, answer: Message, key: str, give_back: GiveBack, *, is_new: bool = False, continue_id: str | None = None
    ) -> None:
        self._refresh(is_beside=True)
        self._views.scroller.follow()
        self._views.announcer.say(texts.SAY_ANSWERING)
        request = partial(self._request, answer, key, is_new=is_new, continue_id=continue_id)
        self._follower = RunFollower(self._backend, self._state, answer, partial(self._on_change, answer))
        background_tasks.create(self._run(self._follower, request, give_back), name="start a run")

    def _follow(self, answer: Message, run: RunToFollow) -> None:
        async def known() -> RunToFollow:
            return run

        self._follower = RunFollower(self._backend, self._state, answer, partial(self._on_change, answer))
        background_tasks.create(self._run(self._follower, known, self._views.composer.say), name="follow a run")

    async def _run(self, follower: RunFollower, ask: Ask, give_back: GiveBack) -> None:
        answer = follower.answer
        try:
            await self._read(follower, await ask())
        except PageError as exc:
            self._give_up(answer, exc, give_back)
        except Exception:
            logger.exception("showing a run failed")
            self._give_up(answer, PageError(texts.PAGE_FAILED), give_back)
        finally:
            if self._follower is follower:
                self._follower = None
        self._on_end(answer)

    async def _read(self, follower: RunFollower, run: RunRequest | RunToFollow) -> None:
        answer = follower.answer
        while answer.status.is_running and not self._is_closed:
            await follower.read(run)
            if self._is_closed or not answer.status.is_running or not answer.run_id:
                return
            await self._settle()
            if self._state.get(answer.message_id) is not answer:
                return
            run = RunToFollow(answer.run_id, answer.last_seq)

    async def _request(self, answer: Message, key: str, *, is_new: bool, continue_id: str | None) -> RunRequest:
        if not self.thread.thread_id:
            model, system_prompt = self.thread.model or self._views.models.preferred, self.thread.system_prompt
            create = self._backend.client.create_thread
            self.thread = await self._backend.call(create, model=model, system_prompt=system_prompt)
        question = self._state.get(answer.parent_id)
        if question and is_provisional(question) and not is_new and not continue_id:
            await self._stored.load(self.thread.thread_id, lambda: None)
        content = question.text if question and is_new else None
        parent_id = question.parent_id if question and is_new else answer.parent_id
        return RunRequest(self.thread.thread_id, key, content, parent_id, continue_id)

    async def _settle(self) -> None:
        # The API has no more events than this page has seen; what it has stored is the truth.
        try:
            await self._stored.load(self.thread.thread_id, lambda: None)
        except ApiUnreachable:
            logger.info("the API is away at the end of a run")
        if self._state.is_running:
            await asyncio.sleep(PAUSE_SECONDS)

    def _on_change(self, answer: Message) -> None:
        if self._is_closed:
            return
        if answer.run_id and answer is not self._started and not answer.is_replayed:
            self._started = answer
            self._on_start(answer, answer.run_id)
        self._refresh()

    def _on_start(self, answer: Message, run_id: str) -> None:
        self._views.composer.accept()
        if is_provisional(answer) or self._state.thread_id != self.thread.thread_id:  # its key has started it before
            self._host.reopen(self._state.thread_id or self.thread.thread_id)
            return
        self._host.on_run_started(self.thread)
        background_tasks.create(self._sync_quietly(), name="name the messages of a run")
        if self._stop_asked_for is answer:
            background_tasks.create(self._cancel(answer, run_id), name="cancel a run")

    def _on_end(self, answer: Message) -> None:
        if self._is_closed or not answer.run_id:
            return
        shown = self._state.get(answer.message_id) or answer
        self._refresh()
        self._views.announcer.say(SPOKEN_ENDS.get(shown.status) or f"{texts.FAILED} {shown.sentence}")
        self._host.on_run_ended()

    async def _sync_quietly(self) -> None:
        try:
            await self.sync()
        except PageError as exc:
            logger.info("the messages of a thread could not be read: %s", exc)

    async def _cancel(self, answer: Message, run_id: str) -> None:
        while answer.status.is_running and not self._is_closed:
            try:
                await self._backend.call(self._backend.client.cancel_run, run_id)
            except ApiUnreachable:
                await asyncio.sleep(PAUSE_SECONDS)
            except PageError as exc:
                self._views.composer.say(_sentence(exc))
                self._stop_asked_for = None
                return
            else:
                return

    def _give_up(self, answer: Message, error: PageError, give_back: GiveBack) -> None:
        if answer.run_id is None:
            self._withdraw(answer, error, give_back)
            return
        failure = Failure(_sentence(error), error.is_retryable, error.request_id)
        self._state.fail(answer, failure, self._backend.clock())
        self._report(error)

    def _withdraw(self, answer: Message, error: PageError, give_back: GiveBack) -> None:
        if self._is_closed:
            return
        self._state.withdraw(answer)
        self._refresh(is_beside=True)
        give_back(_sentence(error))
        self._report(error)
        if isinstance(error, ApiRefused) and error.code == "busy" and self.thread.thread_id:
            background_tasks.create(self._sync_quietly(), name="see what else runs")

    def _report(self, error: PageError) -> None:
        if isinstance(error, ApiUnreachable):
            self._backend.watch.report_away()

    def _followed(self) -> Message | None:
        return self._follower.answer if self._follower else None

    def _refresh(self, *, is_beside: bool = False) -> None:
        if self._is_closed:
            return
        self._thread_view.refresh_all() if is_beside else self._thread_view.refresh()
        views = self._views
        is_empty = not self._state.messages and not self.thread.thread_id
        if views.greeting.visible != is_empty:
            views.greeting.set_visibility(is_empty)
            views.scroller.rest() if is_empty else views.scroller.follow()
        views.composer.show_running(self._state.is_running)


def _new_key() -> str:
    return uuid.uuid4().hex


def _sentence(error: PageError) -> str:
    sentence = str(error)
    if isinstance(error, ApiRefused) and error.retry_after_seconds:
        sentence = f"{sentence} {texts.RETRY_AFTER.format(seconds=math.ceil(error.retry_after_seconds))}"
    return sentence
