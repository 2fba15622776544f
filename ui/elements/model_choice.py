"""The choice of the model, as a native select: right on phones, by keyboard and for screen readers."""

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from ui import texts


class ModelChoice(ui.element, component="model_choice.js"):
    """The models of the API; a plain label when there is only one, nothing before they are known.

    For a new thread it shows what this browser chose last (`preferred`), for a stored one the thread's model.
    """

    def __init__(self, on_choose: Callable[[str], Any]) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()
        self.preferred = ""
        self._default = ""
        self._props["label"] = texts.MODEL
        self._props["names"] = []
        self._props["default"] = None
        self._props["thread-model"] = None
        self.on("prefer", self._on_prefer)
        self.on("choose", lambda event: self._on_choose(event, on_choose))

    def shown(self, thread_model: str | None) -> str:
        """Return the model that a thread, or with None a new one, is answered by."""
        model = self.preferred if thread_model is None else thread_model
        return model if model in self.names else self._default

    def show(self, names: tuple[str, ...], default: str | None) -> None:
        """Offer the models; the browser's earlier choice wins over the default."""
        self.names = names
        self._default = default or (names[0] if names else "")
        self._props["names"] = list(names)
        self._props["default"] = self._default or None
        self.preferred = self.preferred if self.preferred in names else ""
        self.update()

    def show_thread_model(self, model: str | None) -> None:
        """Show the model of the open thread, None where there is no stored thread."""
        if self._props["thread-model"] != model:
            self._props["thread-model"] = model
            self.update()

    def _on_prefer(self, event: events.GenericEventArguments) -> None:
        if event.args in self.names:
            self.preferred = event.args

    def _on_choose(self, event: events.GenericEventArguments, choose: Callable[[str], Any]) -> None:
        if event.args in self.names:
            self.preferred = event.args
            choose(event.args)
