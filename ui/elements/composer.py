"""Where a message is written: the text lives in the browser until it is sent."""

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from ui import texts

MAX_CHARACTERS = 200_000


class Composer(ui.element, component="composer.js"):
    """A growing text field whose button sends, or stops the answer while one is written."""

    def __init__(self, *, on_send: Callable[[str], bool], on_cancel: Callable[[], Any]) -> None:
        super().__init__()
        self._on_send = on_send
        self._props["is-running"] = False
        self._props["max-characters"] = MAX_CHARACTERS
        self._props["texts"] = {
            "placeholder": texts.PLACEHOLDER,
            "label": texts.COMPOSER_LABEL,
            "hint": texts.COMPOSER_HINT,
            "too_long": texts.TOO_LONG,
            "send": texts.SEND,
            "stop": texts.STOP,
        }
        self.on("send", self._on_send_event)
        self.on("cancel", on_cancel, args=[])

    def show_running(self, is_running: bool) -> None:
        """Offer Stop instead of Send, or the other way round."""
        if self._props["is-running"] != is_running:
            self._props["is-running"] = is_running
            self.update()

    def _on_send_event(self, event: events.GenericEventArguments) -> None:
        text = event.args if isinstance(event.args, str) else ""
        is_taken = bool(text.strip()) and len(text) <= MAX_CHARACTERS and self._on_send(text)
        self.run_method("accept" if is_taken else "reject")
