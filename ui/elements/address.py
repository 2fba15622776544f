"""The page's place in the browser: its address, its title, and whether somebody looks at it."""

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

BEAT_SECONDS = 4.0


class Address(ui.element, component="address.js"):
    """Names the open thread in the address, follows the browser's back and forward, and beats while it is seen."""

    def __init__(self, title: str, *, on_visit: Callable[[str | None], Any], on_beat: Callable[[], Any]) -> None:
        super().__init__()
        self._on_visit = on_visit
        self._props["app-title"] = title
        self._props["title"] = ""
        self._props["beat-seconds"] = BEAT_SECONDS
        self.on("visit", self._on_visit_event)
        self.on("beat", on_beat, args=[])

    def show(self, thread_id: str | None, *, is_replaced: bool = False) -> None:
        """Name the thread in the address without loading anything."""
        self.run_method("show", thread_id, is_replaced)

    def name(self, title: str) -> None:
        """Name the thread in the window's title."""
        if self._props["title"] != title:
            self._props["title"] = title
            self.update()

    def _on_visit_event(self, event: events.GenericEventArguments) -> None:
        self._on_visit(event.args if isinstance(event.args, str) and event.args else None)
