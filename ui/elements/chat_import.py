"""Takes the file of an exported thread, chosen or dropped on the page; the browser sends it to the import route."""

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from ui import texts

MAX_FILE_BYTES = 32 * 1024 * 1024


class ChatImport(ui.element, component="chat_import.js"):
    """Asks for a file and says which thread it became, or why it did not."""

    def __init__(self, *, on_import: Callable[[str], Any], on_refuse: Callable[[str], Any]) -> None:
        super().__init__()
        self._props["max-bytes"] = MAX_FILE_BYTES
        self._props["too-large"] = texts.IMPORT_TOO_LARGE.format(megabytes=MAX_FILE_BYTES >> 20)
        self._props["unsent"] = texts.IMPORT_UNSENT
        self.on("imported", lambda event: self._on_text(event, on_import))
        self.on("refused", lambda event: self._on_text(event, on_refuse))

    def ask(self) -> None:
        """Let a person choose the file."""
        self.run_method("ask")

    def _on_text(self, event: events.GenericEventArguments, act: Callable[[str], Any]) -> None:
        if isinstance(event.args, str) and event.args:
            act(event.args)
