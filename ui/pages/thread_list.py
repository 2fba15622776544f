"""The sidebar of a page: which threads it lists, and what is done to them from there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import ParamSpec, Protocol

from nicegui import ui

from ui import texts
from ui.client.backend import Backend
from ui.elements.notices import UndoToast
from ui.elements.thread_index import ThreadIndex, ThreadIndexActions
from ui.errors import PageError
from ui.threads import Thread, ThreadPage, append_known, group_by_date, group_found, merge_pages

P = ParamSpec("P")

MAX_DELETED = 100


class ListObserver(Protocol):
    """The page around the list."""

    def open(self, thread_id: str | None) -> None:
        """Show a thread, or with None a new one."""

    def on_thread_change(self, thread: Thread) -> None:
        """Take note of a thread's new title."""

    def on_thread_delete(self, thread_id: str) -> None:
        """Take note that a thread is deleted."""

    def on_list_change(self) -> None:
        """Take note that the list is fresh."""

    def ask_api(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do in the background what needs the API, and say what goes wrong."""


class ThreadList:
    """The threads of one page's sidebar, in the element that is open."""

    def __init__(self, backend: Backend, observer: ListObserver, toasts: ui.element) -> None:
        self._backend = backend
        self._observer = observer
        self._toasts = toasts
        self._threads: tuple[Thread, ...] | None = None
        self._next_cursor: str | None = None
        self._query = ""
        self._active: str | None = None
        self._running: str | None = None
        self._utc_offset_minutes = 0
        self._toast: UndoToast | None = None
        self._deleted: list[tuple[str, bool]] = []
        self._is_loading_more = False
        self._index = ThreadIndex(
            ThreadIndexActions(
                open=self._open,
                rename=lambda thread_id, title: self._ask(self._rename, thread_id, title),
                delete=lambda thread_id: self._ask(self._delete, thread_id),
                undo=lambda: self._ask(self._undo),
                search=self._search,
                show_more=lambda: self._ask(self._load_more),
                show_zone=self._show_zone,
            )
        )
        self._index.props["label"] = texts.SIDEBAR

    def mark(self, active: str | None, *, is_running: bool) -> None:
        """Mark the open thread."""
        self._active, self._running = active, active if is_running else None
        self._show()

    def find(self, thread_id: str) -> Thread | None:
        """Return a thread of the list."""
        return next((thread for thread in self._threads or () if thread.thread_id == thread_id), None)

    async def refresh(self) -> None:
        """Ask for the newest threads.

        Raises:
            PageError: there was no answer.
        """
        query = self._query
        page = await self._backend.call(self._backend.client.threads, query)
        if query != self._query:
            return
        if self._threads is None or len(self._threads) <= len(page.threads):
            self._threads, self._next_cursor = page.threads, page.next_cursor
        else:
            merge = append_known if query else merge_pages
            self._threads = merge(self._threads, page)
        self._show()
        self._observer.on_list_change()

    def refresh_soon(self) -> None:
        """Ask for the newest threads in the background."""
        self._ask(self.refresh)

    def _open(self, thread_id: str) -> None:
        self._observer.open(thread_id)

    def _search(self, query: str) -> None:
        if query != self._query:
            self._query, self._threads = query, None
            self._ask(self.refresh)

    def _show_zone(self, utc_offset_minutes: int) -> None:
        self._utc_offset_minutes = utc_offset_minutes
        self._show()

    async def _load_more(self) -> None:
        if self._is_loading_more or self._next_cursor is None:
            return
        self._is_loading_more = True
        query, cursor = self._query, self._next_cursor
        try:
            page: ThreadPage = await self._backend.call(self._backend.client.threads, query, cursor)
        finally:
            self._is_loading_more = False
        if (query, cursor) == (self._query, self._next_cursor):
            known = {thread.thread_id for thread in self._threads or ()}
            fresh = tuple(thread for thread in page.threads if thread.thread_id not in known)
            self._threads, self._next_cursor = (*(self._threads or ()), *fresh), page.next_cursor
            self._show()

    async def _rename(self, thread_id: str, title: str) -> None:
        thread = await self._backend.call(self._backend.client.update_thread, thread_id, title=title)
        self._threads = tuple(
            replace(known, title=title) if known.thread_id == thread_id else known for known in self._threads or ()
        )
        self._observer.on_thread_change(thread)
        self._show()

    async def _delete(self, thread_id: str) -> None:
        await self._backend.call(self._backend.client.delete_thread, thread_id)
        was_open = thread_id == self._active
        self._observer.on_thread_delete(thread_id)
        self._threads = tuple(known for known in self._threads or () if known.thread_id != thread_id)
        if was_open:
            self._observer.open(None)
        self._show()
        self._deleted = [*self._deleted, (thread_id, was_open)][-MAX_DELETED:]
        self._show_toast()

    async def _undo(self) -> None:
        """Bring back what was deleted last; what was deleted before it can still be brought back."""
        if not self._deleted:
            return
        thread_id, was_open = self._deleted.pop()
        try:
            await self._backend.call(self._backend.client.update_thread, thread_id, deleted=False)
        except PageError:
            self._deleted.append((thread_id, was_open))
            self._show_toast()
            raise
        self._show_toast()
        await self.refresh()
        if was_open:
            self._observer.open(thread_id)
        if not self._deleted:
            self._index.focus(thread_id)

    def _show_toast(self) -> None:
        if not self._deleted:
            self._drop_toast()
            return
        if self._toast is None:
            with self._toasts:
                self._toast = UndoToast(on_undo=lambda: self._ask(self._undo), on_expire=self._drop_toast)
        count = len(self._deleted)
        self._toast.show(texts.DELETED if count == 1 else texts.DELETED_MORE.format(count=count))

    def _drop_toast(self) -> None:
        if self._toast and not self._toast.is_deleted:
            self._toast.delete()
        self._toast = None
        self._deleted.clear()

    def _ask(self, change: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> None:
        self._observer.ask_api(partial(change, *args, **kwargs))

    def _show(self) -> None:
        if self._threads is not None and not self._index.is_deleted:
            dated = group_by_date(self._threads, self._backend.time(), self._utc_offset_minutes)
            groups = group_found(self._threads) if self._query else dated
            self._index.show(groups, self._active, self._running, has_more=self._next_cursor is not None)
