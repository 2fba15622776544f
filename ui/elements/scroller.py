"""The scrolling column of messages; who scrolls, the reader or the page, is decided in the browser."""

from nicegui import ui

from ui import texts


class Scroller(ui.element, component="scroller.js"):
    """Follows growing content at the bottom and never moves a reader who scrolled up."""

    def __init__(self) -> None:
        super().__init__()
        self._props["label"] = texts.CONVERSATION
        self._props["jump-label"] = texts.JUMP

    def follow(self) -> None:
        """Go to the end and stay there until the reader scrolls up."""
        self.run_method("follow")

    def rest(self) -> None:
        """Go to the start and follow nothing, as an empty thread does."""
        self.run_method("rest")
