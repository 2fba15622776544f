"""The threads in the sidebar: searched, opened, renamed and deleted from here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nicegui import events, ui

from ui import texts
from ui.threads import ThreadGroup

MAX_TITLE_CHARACTERS = 200
MAX_QUERY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ThreadIndexActions:
    """What a person can do in the index; every id is one that the index was given."""

    open: Callable[[str], Any]
    rename: Callable[[str, str], Any]
    delete: Callable[[str], Any]
    undo: Callable[[], Any]
    search: Callable[[str], Any]
    show_more: Callable[[], Any]
    show_zone: Callable[[int], Any]


class ThreadIndex(ui.element, component="thread_index.js"):
    """Threads under the headings of their dates, one of them marked as the open one."""

    def __init__(self, actions: ThreadIndexActions) -> None:
        super().__init__()
        self._ids: set[str] = set()
        self._props["texts"] = {
            "search": texts.SEARCH,
            "nothing": texts.NOTHING_FOUND,
            "empty": texts.NO_CHATS,
            "untitled": texts.UNTITLED,
            "running": texts.IS_RUNNING,
            "rename": texts.RENAME,
            "title": texts.TITLE,
            "delete": texts.DELETE,
            "more": texts.MORE,
        }
        self._props["shown"] = {"groups": None, "active": None, "running": None, "has_more": False}
        self._props["max-title"] = MAX_TITLE_CHARACTERS
        self.on("open", lambda event: self._on_id(event, actions.open))
        self.on("delete", lambda event: self._on_id(event, actions.delete))
        self.on("rename", lambda event: self._on_rename(event, actions.rename))
        self.on("undo", actions.undo, args=[])
        self.on("search", lambda event: self._on_search(event, actions.search))
        self.on("more", actions.show_more, args=[])
        self.on("zone", lambda event: self._on_zone(event, actions.show_zone))

    def show(self, groups: list[ThreadGroup], active: str | None, running: str | None, *, has_more: bool) -> None:
        """Show the threads, the open one, and the one that is being answered."""
        self._ids = {thread.thread_id for group in groups for thread in group.threads}
        shown = {
            "groups": [
                {
                    "label": group.label,
                    "threads": [{"id": thread.thread_id, "title": thread.title} for thread in group.threads],
                }
                for group in groups
            ],
            "active": active,
            "running": running,
            "has_more": has_more,
        }
        if shown != self._props["shown"]:
            self._props["shown"] = shown
            self.update()

    def focus(self, thread_id: str) -> None:
        """Give the focus to the link of a thread."""
        self.run_method("focus", thread_id)

    def _on_id(self, event: events.GenericEventArguments, act: Callable[[str], Any]) -> None:
        if isinstance(event.args, str) and event.args in self._ids:
            act(event.args)

    def _on_rename(self, event: events.GenericEventArguments, rename: Callable[[str, str], Any]) -> None:
        match event.args:
            case [str(thread_id), str(title)] if thread_id in self._ids and title.strip():
                rename(thread_id, title.strip()[:MAX_TITLE_CHARACTERS])

    def _on_search(self, event: events.GenericEventArguments, search: Callable[[str], Any]) -> None:
        if isinstance(event.args, str):
            search(event.args.strip()[:MAX_QUERY_CHARACTERS])

    def _on_zone(self, event: events.GenericEventArguments, show_zone: Callable[[int], Any]) -> None:
        if isinstance(event.args, int | float) and abs(event.args) < 24 * 60:
            show_zone(int(event.args))
