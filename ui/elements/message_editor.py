"""Where a message that was sent is written again."""

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from ui import texts
from ui.elements.composer import MAX_CHARACTERS


class MessageEditor(ui.element, component="message_editor.js"):
    """A text field in the place of a message; the text stays in the browser until it is sent."""

    def __init__(self, message_id: str, text: str, on_save: Callable[[str], Any], on_cancel: Callable[[], Any]) -> None:
        super().__init__()
        self._props["text"] = text
        self._props["message"] = message_id
        self._props["max-characters"] = MAX_CHARACTERS
        self._props["texts"] = {"label": texts.EDIT_LABEL, "send": texts.EDIT_SEND, "cancel": texts.EDIT_CANCEL}
        self.on("save", lambda event: self._on_save(event, on_save))
        self.on("cancel", on_cancel, args=[])

    def say(self, sentence: str) -> None:
        """Say why the text is not sent, until it changes."""
        self.run_method("say", sentence)

    def _on_save(self, event: events.GenericEventArguments, save: Callable[[str], Any]) -> None:
        if isinstance(event.args, str) and len(event.args) <= MAX_CHARACTERS:
            save(event.args)
