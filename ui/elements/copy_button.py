"""Copies a text that stays on the server until somebody asks for it."""

from collections.abc import Callable

from nicegui import ui

from ui import texts


class CopyButton(ui.element, component="copy_button.js"):
    """An icon button that puts the text of the moment on the clipboard."""

    def __init__(self, text: Callable[[], str]) -> None:
        super().__init__()
        self._props["texts"] = {"copy": texts.COPY, "copied": texts.COPIED, "failed": texts.COPY_FAILED}
        self.on("request", lambda: self.run_method("deliver", text()), args=[])
