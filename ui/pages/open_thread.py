"""The open thread of a page: what asking, stopping and going on do; the state decides, the elements follow.

The thread and its runs are the API's. What is asked for here is shown at once and taken back if the API refuses it.
"""

import logging
import uuid
import weakref
from collections.abc import Callable
from functools import partial
from typing import Protocol

from nicegui import background_tasks

from ui import texts
from ui.client.backend import Backend
from ui.elements.thread_view import ThreadView
from ui.errors import ApiRefused, PageError
from ui.messages import Message, RunRequest, Status, ToolCommand, ToolDecision
from ui.pages.page_elements import PageElements
from ui.pages.server_context import ServerContext
from ui.parts import ToolCallPart, ToolResult
from ui.thread.open_run import OpenRun, sentence_of
from ui.thread.state import Asked, ChatState
from ui.thread.stored_messages import StoredMessages
from ui.thread.tool_command import NoCommand, read_command
from ui.threads import Thread

SPOKEN_ENDS = {Status.COMPLETED: texts.SAY_COMPLETED, Status.CANCELLED: texts.SAY_STOPPED}

logger = logging.getLogger(__name__)


class ThreadObserver(Protocol):
    """The page around the open thread; told nothing after the thread was closed."""

    def on_run_start(self, thread: Thread) -> None:
        """Take note that the thread has a run, perhaps its first."""

    def on_run_end(self) -> None:
        """Take note that a run of the thread has ended."""

    def reopen(self, thread_id: str) -> None:
        """Show a thread as it is stored."""


class OpenThread:
    """One thread on one page; a thread that is not stored yet has no id."""

    def __init__(self, backend: Backend, elements: PageElements, observer: ThreadObserver, thread: Thread) -> None:
        self.thread = thread
        self.is_loaded = not thread.thread_id
        self._backend = backend
        self._context = ServerContext(backend, elements.context_picker)
        self._elements = elements
        self._observer = observer
        self._state = ChatState(thread_id=thread.thread_id)
        self._stored = StoredMessages(backend, self._state)
        self._run: OpenRun | None = None
        self._is_closed = False
        self._announced: set[str] = set()
        elements.composer.open_thread(thread.thread_id)
        elements.context_picker.open_thread()
        with elements.scroller:
            self._view = ThreadView(self._state, weakref.proxy(self))
        self._refresh()

    @property
    def is_running(self) -> bool:
        """Whether an answer of the thread is being written."""
        return self._state.is_running

    @property
    def last_message_id(self) -> str | None:
        """The last message that is shown, if the API has it."""
        stored = [message.message_id for message in self._state.messages if message.message_id]
        return stored[-1] if stored else None

    def close(self) -> None:
        """Leave the thread; its run goes on."""
        self._is_closed = True
        if self._run:
            self._run.close()
        self._run = None
        self._view.delete()

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
        was_empty = not self._state.messages
        await self._stored.load(lambda: self._run.answer if self._run else None)
        if self._is_closed:
            return
        self._refresh(is_beside=True)
        if was_empty:
            self._elements.scroller.follow()
        running = self._state.running
        if running and running.run_id and not self._run:
            self._run = OpenRun(self._backend, self._state, self._stored, running, self)
            background_tasks.create(self._run.read(), name="follow a run")

    def send(self, text: str, key: str) -> bool:
        """Ask below what is shown; False, and said so, while that cannot be."""
        return self._ask(lambda: self._state.ask(text), self._elements.composer.say, key, text)

    def edit(self, message: Message, text: str, say: Callable[[str], object]) -> bool:
        """Ask this instead, as another version of the message; False, and said so, while that cannot be."""
        return self._ask(lambda: self._state.edit(message, text), say, text=text)

    def answer_again(self, answer: Message) -> None:
        """Have the question answered another time."""
        self._ask(lambda: self._state.answer_again(answer), self._elements.composer.say)

    def go_on(self, answer: Message) -> None:
        """Have an answer that ends before its end written on, as another version of it."""
        self._ask(lambda: self._state.go_on(answer), self._elements.composer.say)

    def choose(self, message: Message) -> None:
        """Show another version of a message, and how the thread went on from there."""
        versions = self._state.siblings(message)
        former = next((at for at, version in enumerate(versions) if version in self._state.messages), 0)
        self._state.choose(message)
        self._refresh(is_beside=True)
        self._view.focus_versions(message, is_next=message in versions[former + 1 :])

    def decide(self, answer: Message, call: ToolCallPart, decision: ToolDecision, say: Callable[[str], object]) -> None:
        """Decide about a tool call of an answer; its events say what comes of it."""
        if answer.run_id:
            background_tasks.create(self._decide(answer.run_id, call.tool_call_id, decision, say), name="decide")

    def read_resource(
        self, server: str, uri: str, show: Callable[[ToolResult], object], say: Callable[[str], object]
    ) -> None:
        """Show what a resource holds that a tool has named; what goes wrong is said."""
        background_tasks.create(self._context.read(server, uri, show, say), name="read a resource")

    def cancel(self) -> None:
        """Stop the answer that is being written."""
        if self._run:
            background_tasks.create(self._cancel(self._run), name="cancel a run")

    def on_run_change(self) -> None:
        """Show what the answer has become, and say so if it waits for the person."""
        self._refresh()
        run = self._run
        if run is None or self._is_closed:
            return
        asked = {part.tool_call_id for part in run.answer.parts if isinstance(part, ToolCallPart) and part.is_asked}
        if asked - self._announced:
            self._elements.announcer.say(texts.SAY_WAITS)
        self._announced = asked

    def on_run_start(self) -> None:
        """Tell the page that what was asked for is stored."""
        if not self._is_closed:
            self._elements.composer.accept()
            self._elements.composer.name_thread(self.thread.thread_id)
            self._observer.on_run_start(self.thread)

    def on_run_elsewhere(self, thread_id: str) -> None:
        """Show the run that the same key has started before."""
        if not self._is_closed:
            self._elements.composer.accept()
            self._observer.reopen(thread_id)

    def on_run_refuse(self, run: OpenRun, asked: Asked, error: PageError) -> None:
        """Give back what was asked for, to where it was written."""
        self._forget(run)
        if self._is_closed:
            return
        self._refresh(is_beside=True)
        if asked.question and not asked.edited:
            self._elements.composer.give_back(sentence_of(error))
        else:
            self._elements.composer.say(sentence_of(error))
        if asked.question and asked.edited:
            self._view.open_editor(asked.edited, asked.question.text)
        if isinstance(error, ApiRefused) and error.code == "busy" and self.thread.thread_id:
            background_tasks.create(self._see_what_runs(), name="see what else runs")

    def on_run_end(self, run: OpenRun) -> None:
        """Say how the answer has ended."""
        self._forget(run)
        if self._is_closed:
            return
        self._refresh()
        self._view.end_waiting()
        shown = self._state.get(run.answer.message_id) or run.answer
        sentence = shown.failure.sentence if shown.failure else ""
        self._elements.announcer.say(SPOKEN_ENDS.get(shown.status) or f"{texts.FAILED} {sentence}")
        self._observer.on_run_end()

    def _ask(
        self, ask: Callable[[], Asked], say: Callable[[str], object], key: str | None = None, text: str | None = None
    ) -> bool:
        if self._is_closed:
            return False
        if self._state.is_running or not self.is_loaded:
            say(texts.WAIT_FOR_ANSWER if self._state.is_running else texts.WAIT_FOR_CHAT)
            return False
        try:
            if text is not None:
                read_command(text)
        except NoCommand as exc:
            say(str(exc))
            return False
        self._start(ask(), key)
        return True

    def _start(self, asked: Asked, key: str | None = None) -> None:
        self._refresh(is_beside=True)
        self._elements.scroller.follow()
        self._elements.announcer.say(texts.SAY_ANSWERING)
        self._elements.composer.take_focus()
        request = partial(self._request, asked, key or uuid.uuid4().hex)
        self._run = OpenRun(self._backend, self._state, self._stored, asked.answer, self)
        background_tasks.create(self._run.read(request), name="start a run")

    async def _request(self, asked: Asked, key: str) -> RunRequest:
        if not self.thread.thread_id:
            model, system_prompt = self.thread.model or self._elements.models.preferred, self.thread.system_prompt
            create = self._backend.client.create_thread
            off = {"tools_off": list(self.thread.tools_off)} if self.thread.tools_off else {}
            self.thread = await self._backend.call(create, model=model, system_prompt=system_prompt, **off)
            self._state.thread_id = self.thread.thread_id
        content = asked.question.text if asked.question else None
        above = self._state.get(asked.parent_id) if content is None and not asked.continue_id else None
        return RunRequest(
            self.thread.thread_id, key, content, asked.parent_id, asked.continue_id, self._command(content, above)
        )

    @staticmethod
    def _command(content: str | None, above: Message | None) -> ToolCommand | None:
        """Read the command that is asked for; a stored text that only begins like one is a question."""
        try:
            return read_command(above.text if above else content or "")
        except NoCommand:
            return None

    async def _cancel(self, run: OpenRun) -> None:
        try:
            await run.cancel()
        except PageError as exc:
            self._elements.composer.say(sentence_of(exc))

    async def _decide(
        self, run_id: str, tool_call_id: str, decision: ToolDecision, say: Callable[[str], object]
    ) -> None:
        decide = self._backend.client.decide
        try:
            # What the other cards show is decided first, for the rest is made as the model wrote it.
            for other_id, arguments in decision.edited.items():
                await self._backend.call(decide, run_id, other_id, ToolDecision("approve", "once", arguments))
            await self._backend.call(decide, run_id, tool_call_id, decision)
        except PageError as exc:
            say(sentence_of(exc))

    async def _see_what_runs(self) -> None:
        try:
            await self.sync()
        except PageError as exc:
            logger.info("the messages of a thread could not be read: %s", exc)

    def _forget(self, run: OpenRun) -> None:
        if self._run is run:
            self._run = None

    def _refresh(self, *, is_beside: bool = False) -> None:
        if self._is_closed:
            return
        self._view.refresh_all() if is_beside else self._view.refresh()
        elements = self._elements
        is_empty = not self._state.messages and not self.thread.thread_id
        if elements.greeting.visible != is_empty:
            elements.greeting.set_visibility(is_empty)
            elements.scroller.rest() if is_empty else elements.scroller.follow()
        elements.composer.show_running(self._state.is_running)
