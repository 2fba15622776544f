"""Light, dark or as the system says; the choice stays in the browser."""

from nicegui import ui

from ui import texts


class ThemeToggle(ui.element, component="theme_toggle.js"):
    """A button that goes through the three themes."""

    def __init__(self) -> None:
        super().__init__()
        self._props["label"] = texts.THEME
        self._props["names"] = texts.THEMES
