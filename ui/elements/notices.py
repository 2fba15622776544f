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
    """Says what was cleared and offers to undo it, for a few seconds in which nobody points at it or has its focus."""

    SECONDS = 8.0

    def __init__(self, *, on_undo: Callable[[], Any], on_expire: Callable[[], Any]) -> None:
        super().__init__()
        self._on_expire = on_expire
        self._timer: ui.timer | None = None
        self._holds: set[str] = set()
        self.classes("toast").props("role=status")
        with self:
            self._sentence = Tag("span")
            PlainButton(on_undo, text=texts.UNDO).props('aria-keyshortcuts="Control+Z Meta+Z"')
        # A finger never leaves what it has touched.
        mouse = "(event) => event.pointerType === 'mouse' && emit()"
        self.on("pointerenter", lambda: self._hold("mouse"), args=[], js_handler=mouse)
        self.on("pointerleave", lambda: self._let_go("mouse"), args=[], js_handler=mouse)
        self.on("focusin", lambda: self._hold("focus"), args=[])
        self.on("focusout", lambda: self._let_go("focus"), args=[])

    def show(self, sentence: str) -> None:
        """Say the sentence, and let the seconds begin again."""
        self._sentence.set_text(sentence)
        self._start()

    def _hold(self, by: str) -> None:
        self._holds.add(by)
        self._stop()

    def _let_go(self, by: str) -> None:
        self._holds.discard(by)
        self._start()

    def _start(self) -> None:
        self._stop()
        if not self._holds and not self.is_deleted:
            with self:
                self._timer = ui.timer(self.SECONDS, self._on_expire, once=True)

    def _stop(self) -> None:
        if self._timer and not self._timer.is_deleted:
            self._timer.delete()
        self._timer = None
