"""Plain HTML elements with text, so that pages are not made of Quasar widgets where HTML has the right one."""

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


class Tag(TextElement):
    """An HTML element of any name with an optional text."""

    def __init__(self, tag: str, text: str = "", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)


class PlainButton(TextElement):
    """A button with an icon, a text or both; `label` names an icon button for screen readers."""

    def __init__(self, on_click: Callable[[], Any], *, icon: str = "", text: str = "", label: str = "") -> None:
        super().__init__(tag="button", text=text)
        self.classes("button" if text else "button icon-button")
        self._props["type"] = "button"
        if label:
            self._props["aria-label"] = self._props["title"] = label
        if icon:
            with self:
                add_icon(icon)
        self.on("click", on_click, args=[])

    @property
    def is_enabled(self) -> bool:
        """Whether the button can be used."""
        return not self._props.get("disabled")

    def enable(self, *, is_enabled: bool) -> None:
        """Let the button be used, or not."""
        self._props["disabled"] = not is_enabled
        self.update()


def add_icon(name: str) -> ui.element:
    """Add one of the icons drawn in icons.css; it says nothing to screen readers."""
    return ui.element("i").classes(f"icon icon-{name}").props("aria-hidden=true")
