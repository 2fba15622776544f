"""The dialog with what is set for one thread: its model and its system prompt."""

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from ui import texts

MAX_CHARACTERS = 100_000


class ThreadSettings(ui.element, component="thread_settings.js"):
    """Asks for the settings; they count once they are saved."""

    def __init__(self, on_save: Callable[[str, str], Any]) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._props["max-characters"] = MAX_CHARACTERS
        self._props["texts"] = {
            "title": texts.SETTINGS_TITLE,
            "model": texts.MODEL,
            "system_prompt": texts.SYSTEM_PROMPT,
            "hint": texts.SYSTEM_PROMPT_HINT,
            "unsaved": texts.SETTINGS_UNSAVED,
            "save": texts.SAVE,
            "cancel": texts.CANCEL,
        }
        self.on("save", lambda event: self._on_save(event, on_save))

    def ask(self, names: tuple[str, ...], model: str, system_prompt: str) -> None:
        """Open the dialog with what is set."""
        self._names = names
        self.run_method("ask", list(names), model, system_prompt)

    def _on_save(self, event: events.GenericEventArguments, save: Callable[[str, str], Any]) -> None:
        match event.args:
            case [model, str(system_prompt)] if len(system_prompt) <= MAX_CHARACTERS:
                save(model if model in self._names else "", system_prompt)
