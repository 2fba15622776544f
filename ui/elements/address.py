"""The page's place in the browser: its address, its title, and whether somebody looks at it."""

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

LOOK_SECONDS = 4.0


class Address(ui.element, component="address.js"):
    """Names the open thread in the address, follows the browser's back and forward, and tells that somebody looks."""

    def __init__(self, title: str, *, on_visit: Callable[[str | None], Any], on_look: Callable[[], Any]) -> None:
        super().__init__()
        self._props["app-title"] = title
        self._props["title"] = ""
        self._props["look-seconds"] = LOOK_SECONDS
        self.on("visit", lambda event: self._on_visit(event, on_visit))
        self.on("look", on_look, args=[])

    def show(self, thread_id: str | None, *, is_replaced: bool = False) -> None:
        """Name the thread in the address without loading anything."""
        self.run_method("show", thread_id, is_replaced)

    def name(self, title: str) -> None:
        """Name the thread in the window's title."""
        if self._props["title"] != title:
            self._props["title"] = title
            self.update()

    def _on_visit(self, event: events.GenericEventArguments, visit: Callable[[str | None], Any]) -> None:
        visit(event.args if isinstance(event.args, str) and event.args else None)
