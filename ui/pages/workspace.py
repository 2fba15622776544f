"""One open page: the thread it shows, the list beside it, and what keeps both in step with the API."""

import asyncio
import uuid
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from nicegui import background_tasks

from ui import texts
from ui.client.backend import Backend
from ui.elements.context_picker import Choice
from ui.errors import ApiRefused, ApiUnreachable, PageError
from ui.pages.api_notice import ApiNotice
from ui.pages.open_thread import OpenThread
from ui.pages.page_elements import PageElements
from ui.pages.server_context import ServerContext
from ui.pages.thread_list import ThreadList
from ui.pages.tools_dialog import ToolsDialog
from ui.threads import Thread

SETTINGS = ("model", "system_prompt", "tools_off")


class Workspace:
    """Opens threads on one page, one at a time; `lay_out` places the page's elements and connects them to it."""

    def __init__(self, backend: Backend, lay_out: Callable[["Workspace"], PageElements], thread_id: str | None) -> None:
        self._backend = backend
        self._elements = lay_out(self)
        self._context = ServerContext(backend, self._elements.context_picker)
        self._tools = ToolsDialog(backend, self._elements.tools)
        self._notice = ApiNotice(backend.watch, self._elements)
        self._is_looking = False
        self._is_closed = False
        self._saving = asyncio.Lock()
        self._unsaved = 0
        with self._elements.sidebar:
            self._threads = ThreadList(backend, weakref.proxy(self), self._elements.toasts)
        self._open_thread = self._begin(Thread(thread_id or ""))
        self._show_thread()
        backend.watch.subscribe(self._on_api_change)

    def close(self) -> None:
        """Leave everything as it is at the API; the page is gone."""
        self._is_closed = True
        self._tools.close()
        self._backend.watch.unsubscribe(self._on_api_change)
        self._notice.close()
        self._open_thread.close()

    def on_connect(self) -> None:
        """Show what the API has, now that a browser is there to see it."""
        self._notice.on_connect()
        self._threads.refresh_soon()

    def open(self, thread_id: str | None) -> None:
        """Show a thread, or with None a new one, and name it in the address."""
        self._elements.address.show(thread_id)
        self.visit(thread_id)

    def visit(self, thread_id: str | None) -> None:
        """Show the thread that the address names."""
        if thread_id != self._open_thread.thread.thread_id or not thread_id:
            self._change(self._threads.find(thread_id or "") or Thread(thread_id or ""))

    def reopen(self, thread_id: str) -> None:
        """Show a thread as it is stored."""
        self._elements.address.show(thread_id, is_replaced=True)
        self._change(Thread(thread_id))

    def send(self, text: str, key: str) -> bool:
        """Ask in the open thread; False if that cannot be now."""
        return self._open_thread.send(text, key)

    def ask(self, text: str) -> None:
        """Ask what nobody wrote but chose."""
        self._open_thread.send(text, uuid.uuid4().hex)

    def cancel(self) -> None:
        """Stop the answer that is being written."""
        self._open_thread.cancel()

    def say(self, sentence: str) -> None:
        """Tell the person what is wrong."""
        self._elements.composer.say(sentence)

    def ask_api(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do in the background what needs the API, and say what goes wrong."""
        background_tasks.create(self._guard(work), name="ask the API")

    def look_for_news(self) -> None:
        """See what other pages have done; the browser asks for it while somebody looks."""
        if not self._is_looking and not self._backend.watch.is_away and not self._open_thread.is_running:
            self._is_looking = True
            self.ask_api(self._look)

    def on_run_start(self, thread: Thread) -> None:
        """Take note that the open thread has a run, perhaps its first."""
        self._elements.address.show(thread.thread_id, is_replaced=True)
        self._show_thread()
        self._threads.refresh_soon()

    def on_run_end(self) -> None:
        """Take note that a run of the open thread has ended."""
        self._show_thread()
        self._threads.refresh_soon()

    def on_thread_change(self, thread: Thread) -> None:
        """Take note of a thread's new title or settings."""
        if thread.thread_id == self._open_thread.thread.thread_id:
            self._open_thread.thread = thread
            self._show_thread()

    def on_thread_delete(self, thread_id: str) -> None:
        """Take note that a thread is deleted."""
        self._elements.composer.forget_thread(thread_id)

    def on_list_change(self) -> None:
        """Take note of titles that the API has given."""
        listed = self._threads.find(self._open_thread.thread.thread_id)
        if listed:
            self._elements.address.name(listed.title)

    def choose_model(self, model: str) -> None:
        """Have the open thread answered by another model from now on."""
        self._save(replace(self._open_thread.thread, model=model))

    def ask_settings(self) -> None:
        """Open the dialog with the open thread's settings."""
        thread, models = self._open_thread.thread, self._elements.models
        model = models.shown(thread.model or None if not thread.thread_id else thread.model)
        self._elements.settings.ask(models.names, model, thread.system_prompt)

    def save_settings(self, model: str, system_prompt: str) -> None:
        """Keep the settings, for a thread that is not stored yet until it is."""
        thread = self._open_thread.thread
        self._save(replace(thread, model=model or thread.model, system_prompt=system_prompt))

    def ask_tools(self) -> None:
        """Open the dialog with the MCP servers."""
        self._tools.open(self._open_thread.thread)

    def save_tools(self, off: tuple[str, ...]) -> None:
        """Keep what the open thread does not use."""
        self._save(replace(self._open_thread.thread, tools_off=off))

    def revoke_tool(self, server: str, tool: str) -> None:
        """Take back that a tool is approved for the open thread."""
        self._tools.revoke(self._open_thread.thread.thread_id, server, tool)

    def suggest(self, kind: str) -> None:
        """Show what the MCP servers of the open thread offer to begin a message with."""
        off = self._open_thread.thread.tools_off
        background_tasks.create(self._context.suggest(kind, off), name="suggest")

    def insert(self, choice: Choice) -> None:
        """Put a prompt or a resource into the message that is being written."""
        background_tasks.create(self._context.insert(choice), name="insert")

    def reconnect_server(self, name: str) -> None:
        """Have the API connect to an MCP server anew."""
        self._tools.reconnect(name)

    def export(self, kind: str) -> None:
        """Have the browser download the open thread."""
        leaf = self._open_thread.last_message_id
        address = f"/t/{self._open_thread.thread.thread_id}/export.{kind}"
        self._elements.menu.client.download(f"{address}?leaf={leaf}" if leaf else address)

    def on_import(self, thread_id: str) -> None:
        """Show the thread that a file became."""
        self._threads.refresh_soon()
        self.open(thread_id)

    def _begin(self, thread: Thread) -> OpenThread:
        open_thread = OpenThread(self._backend, self._elements, weakref.proxy(self), thread)
        if thread.thread_id:
            self.ask_api(partial(self._load, open_thread))
        return open_thread

    def _change(self, thread: Thread) -> None:
        if not self._is_closed:
            self._open_thread.close()
            self._open_thread = self._begin(thread)
            self._show_thread()

    async def _load(self, open_thread: OpenThread) -> None:
        is_here = await self._unless_gone(open_thread.load)
        if open_thread is not self._open_thread:
            return
        if is_here:
            self._show_thread()
        else:
            self._elements.address.show(None, is_replaced=True)
            self._change(Thread(""))

    async def _look(self) -> None:
        try:
            await self._unless_gone(self._take_in_news)
        finally:
            self._is_looking = False

    async def _take_in_news(self) -> None:
        await self._threads.refresh()
        open_thread = self._open_thread
        thread_id = open_thread.thread.thread_id
        if not thread_id:
            return
        if not open_thread.is_loaded:
            await self._load(open_thread)
            return
        thread = self._threads.find(thread_id)
        if thread is None:
            thread = await self._backend.call(self._backend.client.thread, thread_id)
        if open_thread is not self._open_thread or open_thread.is_running or self._unsaved:
            return
        has_news = thread.updated_at != open_thread.thread.updated_at
        self.on_thread_change(thread)
        if has_news:
            await open_thread.sync()
            self._show_thread()

    def _save(self, thread: Thread) -> None:
        shown = self._open_thread.thread
        changed = {name: getattr(thread, name) for name in SETTINGS if getattr(thread, name) != getattr(shown, name)}
        if not thread.model:
            changed.pop("model", None)
        self.on_thread_change(thread)
        if thread.thread_id and changed:
            self._unsaved += 1
            self.ask_api(partial(self._unless_gone, partial(self._update, thread.thread_id, changed)))

    async def _update(self, thread_id: str, changed: dict[str, object]) -> None:
        """Store what has changed, one change after the other; what the last is answered with is shown."""
        try:
            async with self._saving:
                stored = await self._backend.call(self._backend.client.update_thread, thread_id, **changed)
        finally:
            self._unsaved -= 1
        if not self._unsaved:
            self.on_thread_change(stored)

    async def _unless_gone(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Do what needs a thread; False, and said so, if the thread is gone."""
        try:
            await work()
        except ApiRefused as exc:
            if exc.status != HTTPStatus.NOT_FOUND:
                raise
            self.say(texts.GONE)
            return False
        return True

    async def _guard(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except ApiUnreachable:
            self._backend.watch.report_away()
        except PageError as exc:
            self.say(str(exc))

    def _on_api_change(self) -> None:
        if not self._backend.watch.is_away:
            self._threads.refresh_soon()
            if not self._open_thread.is_loaded:
                self.ask_api(partial(self._load, self._open_thread))

    def _show_thread(self) -> None:
        thread = self._open_thread.thread
        self._elements.menu.show_thread(has_thread=bool(thread.thread_id))
        listed = self._threads.find(thread.thread_id)
        self._elements.address.name(listed.title if listed else thread.title)
        self._elements.models.show_thread_model(thread.model if thread.thread_id else thread.model or None)
        self._threads.mark(thread.thread_id or None, is_running=self._open_thread.is_running)
