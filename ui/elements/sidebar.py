"""The place of the threads beside the page: a column that folds away, on small screens a drawer over the page."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ui import texts


class Sidebar(ui.element, component="sidebar.js"):
    """A column with the way to a new thread at its top; whether it is open is decided and kept in the browser."""

    def __init__(self, on_new: Callable[[], Any]) -> None:
        super().__init__()
        self._props["texts"] = {"label": texts.SIDEBAR, "close": texts.CLOSE_SIDEBAR, "new_chat": texts.NEW_CHAT}
        self.on("new", on_new, args=[])


class SidebarToggle(ui.element, component="sidebar_toggle.js"):
    """The button that opens the sidebar, and folds it away."""

    def __init__(self) -> None:
        super().__init__()
        self._props["texts"] = {"open": texts.OPEN_SIDEBAR, "close": texts.CLOSE_SIDEBAR}
