"""What the page says besides the messages: to screen readers, above the composer, and for a moment."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ui import texts
from ui.elements.tag import PlainButton, Tag, add_icon


class Announcer(Tag):
    """Says short sentences to screen readers, never the text of an answer."""

    def __init__(self) -> None:
        super().__init__("div", classes="sr-only")
        self.props("role=status aria-live=polite")

    def say(self, sentence: str) -> None:
        """Say the sentence."""
        self.set_text(sentence)


class Banner(ui.element):
    """A sentence over the composer for as long as something is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.classes("banner").props("role=alert")
        with self:
            add_icon("warning")
            self._sentence = Tag("span")
        self.set_visibility(False)

    def show(self, sentence: str) -> None:
        """Show the sentence; an empty one hides the banner."""
        if sentence:
            self._sentence.set_text(sentence)
        self.set_visibility(bool(sentence))


class UndoToast(ui.element):
    """Says that something was cleared and offers to undo it, for a few seconds."""

    SECONDS = 8.0

    def __init__(self, sentence: str, *, on_undo: Callable[[], Any], on_expire: Callable[[], Any]) -> None:
        super().__init__()
        self.classes("toast").props("role=status")
        with self:
            Tag("span", sentence)
            PlainButton(on_undo, text=texts.UNDO)
            ui.timer(self.SECONDS, on_expire, once=True)
