"""Where a message is written: the text lives in the browser, a draft a thread, until it is known to be a message."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from ui import texts

MAX_CHARACTERS = 200_000
KEY = re.compile(r"[0-9a-f-]{16,64}")


class Composer(ui.element, component="composer.js"):
    """A growing text field whose button sends, or stops the answer while one is written.

    A sent text has a key, which it keeps as long as nobody changes it; `accept` or `give_back` ends its sending.
    """

    def __init__(self, *, on_send: Callable[[str, str], bool], on_cancel: Callable[[], Any]) -> None:
        super().__init__()
        self._props["is-running"] = False
        self._props["max-characters"] = MAX_CHARACTERS
        self._props["place"] = {"thread": "", "visit": 0}
        self._props["texts"] = {
            "placeholder": texts.PLACEHOLDER,
            "label": texts.COMPOSER_LABEL,
            "hint": texts.COMPOSER_HINT,
            "too_long": texts.TOO_LONG,
            "send": texts.SEND,
            "stop": texts.STOP,
            "wait": texts.WAIT_FOR_ANSWER,
        }
        self.on("send", lambda event: self._on_send(event, on_send))
        self.on("cancel", on_cancel, args=[])

    def show_running(self, is_running: bool) -> None:
        """Offer Stop instead of Send, or the other way round."""
        if self._props["is-running"] != is_running:
            self._props["is-running"] = is_running
            self.update()

    def open_thread(self, thread_id: str) -> None:
        """Show the draft of a thread, or with an empty id of the one that is not stored yet."""
        self._set_place(thread_id, self._props["place"]["visit"] + 1)

    def name_thread(self, thread_id: str) -> None:
        """Keep the draft of the thread that is open by the id that it has got."""
        self._set_place(thread_id, self._props["place"]["visit"])

    def forget_thread(self, thread_id: str) -> None:
        """Drop the draft of a thread."""
        self.run_method("forget", thread_id)

    def accept(self) -> None:
        """Forget the text that was sent: it is a message now."""
        self.run_method("accept")

    def give_back(self, sentence: str = "") -> None:
        """Put the text that was sent back to where it was written, and say why."""
        self.run_method("reject", sentence)

    def take_focus(self) -> None:
        """Let Stop have the focus, if what had it is gone or is where the answer was asked for."""
        self.run_method("takeFocus")

    def say(self, sentence: str) -> None:
        """Say what is wrong until the next word is written."""
        self.run_method("say", sentence)

    def _set_place(self, thread_id: str, visit: int) -> None:
        place = {"thread": thread_id, "visit": visit}
        if self._props["place"] != place:
            self._props["place"] = place
            self.update()

    def _on_send(self, event: events.GenericEventArguments, send: Callable[[str, str], bool]) -> None:
        sent = event.args if isinstance(event.args, dict) else {}
        text, key = sent.get("text"), sent.get("key")
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_CHARACTERS:
            self.give_back()
            return
        if not isinstance(key, str) or not KEY.fullmatch(key):
            key = uuid.uuid4().hex
        if not send(text, key):
            self.give_back()
