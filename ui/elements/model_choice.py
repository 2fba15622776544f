"""The choice of the model, as a native select: right on phones, by keyboard and for screen readers."""

from nicegui import events, ui

from ui import texts


class ModelChoice(ui.element, component="model_choice.js"):
    """The models of the API; a plain label when there is only one, nothing before they are known."""

    def __init__(self) -> None:
        super().__init__()
        self.model: str | None = None
        self._props["label"] = texts.MODEL
        self._props["names"] = []
        self._props["default"] = None
        self.on("choose", self._on_choose)

    def show(self, names: tuple[str, ...], default: str | None) -> None:
        """Offer the models; the browser's earlier choice wins over the default."""
        self._props["names"] = list(names)
        self._props["default"] = default or (names[0] if names else None)
        self.model = self.model if self.model in names else None
        self.update()

    def _on_choose(self, event: events.GenericEventArguments) -> None:
        if event.args in self._props["names"]:
            self.model = event.args
