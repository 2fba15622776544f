"""One open page: the thread it shows, the list beside it, and what keeps both in step with the API."""

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from nicegui import Client, background_tasks

from ui import texts
from ui.client.backend import Backend
from ui.elements.address import Address
from ui.elements.chat_import import ChatImport
from ui.elements.chat_menu import ChatMenu
from ui.elements.thread_settings import ThreadSettings
from ui.errors import ApiRefused, ApiUnreachable, PageError
from ui.pages.open_thread import Conversation
from ui.pages.page_elements import Views
from ui.pages.thread_list import ThreadList
from ui.threads import Thread

NEW = Thread("")

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Furniture:
    """The elements around the conversation."""

    address: Address
    menu: ChatMenu
    settings: ThreadSettings
    picker: ChatImport


class Workspace:
    """Opens threads on one page, one at a time."""

    def __init__(self, backend: Backend, client: Client) -> None:
        self.threads = ThreadList(backend, self)
        self._backend = backend
        self._client = client
        self._is_beating = False

    def show_in(self, views: Views, furniture: Furniture, thread_id: str | None) -> None:
        """Take the page's elements into use and open its thread."""
        self._views, self._furniture = views, furniture
        self._conversation = self._begin(Thread(thread_id or ""))

    def close(self) -> None:
        """Leave everything as it is at the API; the page is gone."""
        self._conversation.close()

    def open(self, thread_id: str | None) -> None:
        """Show a thread, or with None a new one, and name it in the address."""
        self._furniture.address.show(thread_id)
        self.visit(thread_id)

    def visit(self, thread_id: str | None) -> None:
        """Show the thread that the address names."""
        if thread_id != self._conversation.thread.thread_id or not thread_id:
            self._change(self.threads.find(thread_id or "") or Thread(thread_id or ""))

    def reopen(self, thread_id: str) -> None:
        """Show a thread as it is stored."""
        self._furniture.address.show(thread_id, is_replaced=True)
        self._change(Thread(thread_id))

    def send(self, text: str, key: str) -> bool:
        """Ask in the open thread; False if that cannot be now."""
        return self._conversation.send(text, key)

    def ask(self, text: str) -> None:
        """Ask what nobody wrote but chose."""
        self._conversation.send(text, uuid.uuid4().hex)

    def cancel(self) -> None:
        """Stop the answer that is being written."""
        self._conversation.cancel()

    def say(self, sentence: str) -> None:
        """Tell the person what is wrong."""
        self._views.composer.say(sentence)

    def beat(self) -> None:
        """Look for what other pages have done; the browser asks for it while somebody looks."""
        if not self._is_beating and not self._backend.watch.is_away and not self._conversation.is_running:
            self._is_beating = True
            background_tasks.create(self._look(), name="look for what is new")

    def come_back(self) -> None:
        """Load what could not be loaded while the API was away."""
        self.threads.refresh_soon()
        if not self._conversation.is_loaded:
            background_tasks.create(self._load(self._conversation), name="load a thread")

    def on_run_started(self, thread: Thread) -> None:
        """Take note that the open thread has a run, perhaps its first."""
        self._furniture.address.show(thread.thread_id, is_replaced=True)
        self._show_thread()
        self.threads.refresh_soon()

    def on_run_ended(self) -> None:
        """Take note that a run of the open thread has ended."""
        self._show_thread()
        self.threads.refresh_soon()

    def on_thread_change(self, thread: Thread) -> None:
        """Take note of a thread's new title or settings."""
        if thread.thread_id == self._conversation.thread.thread_id:
            self._conversation.thread = thread
            self._show_thread()

    def on_list_change(self) -> None:
        """Take note of titles that the API has given."""
        listed = self.threads.find(self._conversation.thread.thread_id)
        if listed:
            self._furniture.address.name(listed.title)

    def choose_model(self, model: str) -> None:
        """Have the open thread answered by another model from now on."""
        thread = self._conversation.thread
        self._save(replace(thread, model=model))

    def ask_settings(self) -> None:
        """Open the dialog with the open thread's settings."""
        thread, models = self._conversation.thread, self._views.models
        model = models.shown(thread.model or None if not thread.thread_id else thread.model)
        self._furniture.settings.ask(models.names, model, thread.system_prompt)

    def save_settings(self, model: str, system_prompt: str) -> None:
        """Keep the settings, for a thread that is not stored yet until it is."""
        thread = self._conversation.thread
        self._save(replace(thread, model=model or thread.model, system_prompt=system_prompt))

    def export(self, kind: str) -> None:
        """Have the browser download the open thread."""
        leaf = self._conversation.last_message_id
        address = f"/t/{self._conversation.thread.thread_id}/export.{kind}"
        self._client.download(f"{address}?leaf={leaf}" if leaf else address)

    def on_import(self, thread_id: str) -> None:
        """Show the thread that a file became."""
        self.threads.refresh_soon()
        self.open(thread_id)

    def _change(self, thread: Thread) -> None:
        self._conversation.close()
        self._conversation = self._begin(thread)

    def _begin(self, thread: Thread) -> Conversation:
        conversation = Conversation(self._backend, self._views, self, thread)
        self._conversation = conversation
        self._show_thread()
        if thread.thread_id:
            background_tasks.create(self._load(conversation), name="load a thread")
        return conversation

    async def _load(self, conversation: Conversation) -> None:
        await self._guard(conversation.load)
        if conversation is self._conversation:
            self._show_thread()

    async def _look(self) -> None:
        try:
            await self._guard(self._look_for_news)
        finally:
            self._is_beating = False

    async def _look_for_news(self) -> None:
        await self.threads.refresh()
        conversation = self._conversation
        thread_id = conversation.thread.thread_id
        if not thread_id:
            return
        if not conversation.is_loaded:
            await conversation.load()
            return
        thread = self.threads.find(thread_id)
        if thread is None:
            thread = await self._backend.call(self._backend.client.thread, thread_id)
        if conversation is not self._conversation or conversation.is_running:
            return
        has_news = thread.updated_at != conversation.thread.updated_at
        self.on_thread_change(thread)
        if has_news:
            await conversation.sync()
            self._show_thread()

    async def _guard(self, work: "Callable[[], Awaitable[None]]") -> None:
        try:
            await work()
        except ApiUnreachable:
            self._backend.watch.report_away()
        except ApiRefused as exc:
            is_gone = exc.status == 404
            self.say(texts.GONE if is_gone else str(exc))
            if is_gone and not self._conversation.is_loaded:
                self._furniture.address.show(None, is_replaced=True)
                self._change(NEW)
        except PageError as exc:
            self.say(str(exc))

    def _save(self, thread: Thread) -> None:
        self.on_thread_change(thread)
        if thread.thread_id:
            background_tasks.create(self._guard(lambda: self._update(thread)), name="save a thread's settings")

    async def _update(self, thread: Thread) -> None:
        given = {"system_prompt": thread.system_prompt, **({"model": thread.model} if thread.model else {})}
        stored = await self._backend.call(self._backend.client.update_thread, thread.thread_id, **given)
        self.on_thread_change(stored)

    def _show_thread(self) -> None:
        thread = self._conversation.thread
        self._furniture.menu.show_thread(has_thread=bool(thread.thread_id))
        listed = self.threads.find(thread.thread_id)
        self._furniture.address.name(listed.title if listed else thread.title)
        self._views.models.show_thread_model(thread.model if thread.thread_id else thread.model or None)
        self.threads.mark(thread.thread_id or None, is_running=self._conversation.is_running)
