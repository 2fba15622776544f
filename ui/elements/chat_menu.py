"""The menu of the open thread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nicegui import events, ui


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of a menu."""

    label: str
    icon: str
    on_choose: Callable[[], Any]
    needs_thread: bool = False


class ChatMenu(ui.element, component="chat_menu.js"):
    """A button that opens a menu; some lines wait for a thread."""

    def __init__(self, label: str, items: list[MenuItem]) -> None:
        super().__init__()
        self._has_thread = False
        self._needs_thread = [item.needs_thread for item in items]
        self._props["label"] = label
        self._props["items"] = [
            {"label": item.label, "icon": item.icon, "disabled": item.needs_thread} for item in items
        ]
        self.on("choose", lambda event: self._on_choose(event, items))

    def show_thread(self, *, has_thread: bool) -> None:
        """Say whether there is a thread that the menu is for."""
        if has_thread != self._has_thread:
            self._has_thread = has_thread
            self._props["items"] = [
                {**item, "disabled": needs_thread and not has_thread}
                for item, needs_thread in zip(self._props["items"], self._needs_thread, strict=True)
            ]
            self.update()

    def _on_choose(self, event: events.GenericEventArguments, items: list[MenuItem]) -> None:
        if isinstance(event.args, int) and 0 <= event.args < len(items):
            item = items[event.args]
            if self._has_thread or not item.needs_thread:
                item.on_choose()
