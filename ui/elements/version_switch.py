"""The versions of a message: which of them is shown, and the way to the others."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ui import texts
from ui.elements.tag import PlainButton, Tag
from ui.messages import Message


class VersionSwitch(ui.element):
    """Goes back and forth among the siblings of a message; nothing where there is one."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self._message = message
        self._versions = [message]
        self._steps: list[PlainButton] = []
        self.classes("versions").props("role=group")
        self.set_visibility(False)

    def show(self, versions: list[Message], on_choose: Callable[[Message], Any]) -> None:
        """Show which of its versions the message is."""
        if len(versions) == len(self._versions):
            return
        self._versions = list(versions)
        shown = {"position": versions.index(self._message) + 1, "count": len(versions)}
        self.clear()
        self._steps.clear()
        self._props["aria-label"] = texts.SAY_VERSION.format(**shown)
        with self:
            self._add_step(-1, "previous", texts.PREVIOUS_VERSION, on_choose)
            Tag("span", texts.VERSION.format(**shown))
            self._add_step(1, "next", texts.NEXT_VERSION, on_choose)
        self.set_visibility(True)

    def focus(self, *, is_next: bool) -> None:
        """Give the focus to the step of that direction, or at the last version to the other one."""
        steps = [step for step in self._steps if step.is_enabled]
        if steps:
            steps[-1 if is_next else 0].run_method("focus")

    def _add_step(self, step: int, icon: str, label: str, on_choose: Callable[[Message], Any]) -> None:
        target = self._versions.index(self._message) + step
        button = PlainButton(lambda: on_choose(self._versions[target]), icon=icon, label=label)
        button.enable(is_enabled=0 <= target < len(self._versions))
        self._steps.append(button)
