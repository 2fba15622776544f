"""One page's thread: what sending, stopping, retrying and clearing do; the state decides, the views follow."""

import logging
import math
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from nicegui import background_tasks, ui

from ui import texts
from ui.api_client import ApiClient
from ui.api_watch import ApiWatch
from ui.chat_state import ChatState
from ui.elements.composer import Composer
from ui.elements.greeting import Greeting
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import Announcer, UndoToast
from ui.elements.scroller import Scroller
from ui.elements.tag import PlainButton
from ui.elements.thread_view import ThreadView
from ui.errors import ApiRefused, ApiUnreachable, PageError, StreamTruncated
from ui.events import Event
from ui.messages import Failure, Message, RunRequest, Status
from ui.run_reader import RunReader, StreamExecutor

logger = logging.getLogger(__name__)

SPOKEN_ENDS = {Status.COMPLETED: texts.SAY_COMPLETED, Status.CANCELLED: texts.SAY_STOPPED}


@dataclass(frozen=True, slots=True)
class Backend:
    """What all pages of the process share to reach the API."""

    client: ApiClient
    watch: ApiWatch
    executor: StreamExecutor
    clock: Callable[[], float]


@dataclass(slots=True)
class Views:
    """The elements a conversation is shown with."""

    scroller: Scroller
    greeting: Greeting
    composer: Composer
    models: ModelChoice
    announcer: Announcer
    toasts: ui.element
    clear_button: PlainButton


class Conversation:
    """The thread of one page."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._state = ChatState()
        self._reader: RunReader | None = None
        self._toast: UndoToast | None = None
        self._cleared: ThreadView | None = None

    def show_in(self, views: Views) -> None:
        """Take the page's elements into use."""
        self._views = views
        self._thread_view = self._add_thread_view()
        self._refresh()

    def send(self, text: str) -> bool:
        """Ask; False while an answer is still being written."""
        if self._state.is_running:
            return False
        self._forget_cleared()
        self._state.ask(text)
        self._start_run()
        return True

    def retry(self, answer: Message) -> None:
        """Ask again for the last answer."""
        if self._state.retry(answer):
            self._start_run()

    def cancel(self) -> None:
        """Stop the answer that is being written; its text stays as it is."""
        if self._reader:
            self._reader.cancel()
        self._state.cancel(self._backend.clock())
        self._refresh()

    def close(self) -> None:
        """End the run of a page that is gone."""
        if self._reader:
            self._reader.cancel()

    def clear(self) -> None:
        """Begin a new thread; the old one can be brought back for a few seconds."""
        self.cancel()
        self._forget_cleared()
        self._cleared = self._thread_view
        self._cleared.set_visibility(False)
        self._state = ChatState()
        self._thread_view = self._add_thread_view()
        with self._views.toasts:
            self._toast = UndoToast(texts.CLEARED, on_undo=self._undo_clear, on_expire=self._forget_cleared)
        self._refresh()

    def _undo_clear(self) -> None:
        if self._cleared:
            self._thread_view.delete()
            self._thread_view, self._cleared = self._cleared, None
            self._state = self._thread_view.state
            self._thread_view.set_visibility(True)
        self._forget_cleared()
        self._refresh()

    def _forget_cleared(self) -> None:
        for element in (self._toast, self._cleared):
            if element:
                element.delete()
        self._toast = self._cleared = None

    def _add_thread_view(self) -> ThreadView:
        with self._views.scroller:
            return ThreadView(self._state, self.retry)

    def _start_run(self) -> None:
        self._refresh()
        self._views.scroller.follow()
        self._views.announcer.say(texts.SAY_ANSWERING)
        self._reader = RunReader(self._backend.client, self._backend.executor)
        background_tasks.create(self._run(self._state, self._reader), name="read a run")

    async def _run(self, state: ChatState, reader: RunReader) -> None:
        request = RunRequest(state.thread_id, state.conversation(), self._views.models.model)
        try:
            async with aclosing(reader.read(request)) as batches:
                async for batch in batches:
                    self._apply(state, batch)
                    if not state.is_running:
                        break
        except PageError as exc:
            self._fail(state, exc)
        except Exception:
            logger.exception("showing a run failed")
            self._fail(state, PageError(texts.PAGE_FAILED))

    def _apply(self, state: ChatState, batch: list[Event]) -> None:
        now = self._backend.clock()
        for event in batch:
            state.apply(event, now)
        self._refresh()

    def _fail(self, state: ChatState, error: PageError) -> None:
        state.fail(_failure(error), self._backend.clock())
        if isinstance(error, ApiUnreachable):
            self._backend.watch.report_away()
        self._refresh()

    def _refresh(self) -> None:
        views, answer = self._views, self._state.answer
        self._thread_view.refresh()
        is_empty = not self._state.messages
        if views.greeting.visible != is_empty:
            views.greeting.set_visibility(is_empty)
            views.clear_button.enable(is_enabled=not is_empty)
            views.scroller.rest() if is_empty else views.scroller.follow()
            views.greeting.reload_note.remember(is_talking=not is_empty)
        views.composer.show_running(self._state.is_running)
        if answer and not answer.status.is_running:
            views.announcer.say(SPOKEN_ENDS.get(answer.status) or f"{texts.FAILED} {answer.sentence}")


def _failure(error: PageError) -> Failure:
    sentence = str(error)
    if isinstance(error, ApiRefused) and error.retry_after_seconds:
        sentence = f"{sentence} {texts.RETRY_AFTER.format(seconds=math.ceil(error.retry_after_seconds))}"
    return Failure(sentence, error.is_retryable, isinstance(error, StreamTruncated), error.request_id)
