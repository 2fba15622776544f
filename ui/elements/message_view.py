"""Messages on the page: each view shows what its message holds and it has not shown yet."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ui import texts
from ui.elements.copy_button import CopyButton
from ui.elements.part_view import PartView, part_view
from ui.elements.tag import PlainButton, Tag, add_icon
from ui.messages import Message, Status

LONG_CHARACTERS = 4000
HEADLINES = {
    Status.CANCELLED: texts.STOPPED,
    Status.FAILED: texts.FAILED,
    Status.INTERRUPTED: texts.INTERRUPTED,
    Status.TRUNCATED: texts.TRUNCATED,
}


class UserMessageView(ui.element):
    """What a person wrote, as it was written."""

    def __init__(self, message: Message) -> None:
        super().__init__("article")
        self.message = message
        self.classes("message user-message")
        with self:
            Tag("h2", texts.YOU_SAID, "sr-only")
            bubble = Tag("div", message.text, "bubble")
            if len(message.text) > LONG_CHARACTERS:
                bubble.classes("bubble-long").props("tabindex=0")
            with ui.element("div").classes("message-actions"):
                CopyButton(lambda: message.text)

    def refresh(self) -> None:
        """Nothing: the message never changes."""

    def close(self) -> None:
        """Nothing: there is nothing to offer."""


class AnswerView(ui.element):
    """An answer in the making or at its end."""

    def __init__(self, message: Message, on_retry: Callable[[Message], Any]) -> None:
        super().__init__("article")
        self.message = message
        self._on_retry = on_retry
        self._retry: PlainButton | None = None
        self._parts: list[PartView] = []
        self._is_ended = False
        self.classes("message answer")
        with self:
            Tag("h2", texts.ANSWER, "sr-only")
            self._body = ui.element("div").classes("answer-body")
            self._dots = ui.element("div").classes("dots").props("aria-hidden=true")
            with self._dots:
                for _ in range(3):
                    ui.element("span")
        self.refresh()

    def refresh(self) -> None:
        """Show what the message holds and is not shown yet."""
        with self._body:
            for part in self.message.parts[len(self._parts) :]:
                self._parts.append(part_view(part))
        for view in self._parts[-2:]:
            view.refresh()
        self._dots.set_visibility(self.message.status is Status.WAITING)
        if not self._is_ended and not self.message.status.is_running:
            self._is_ended = True
            self._show_end()

    def close(self) -> None:
        """Offer no Retry any more, because the thread goes on below."""
        if self._retry:
            self._retry.delete()
            self._retry = None

    def _show_end(self) -> None:
        for view in self._parts:
            view.refresh()
        with self:
            if self.message.status is not Status.COMPLETED:
                self._show_notice(HEADLINES[self.message.status], self.message.sentence)
            elif self.message.finish_reason in texts.FINISH_REASONS:
                self._show_notice(texts.FINISH_REASONS[self.message.finish_reason], "")
            elif not self.message.text:
                self._show_notice(texts.EMPTY_ANSWER, "")
            with ui.element("div").classes("message-actions"):
                self._show_actions()

    def _show_notice(self, headline: str, sentence: str) -> None:
        kind = "quiet" if self.message.status in {Status.CANCELLED, Status.COMPLETED} else "error"
        with ui.element("div").classes(f"notice notice-{kind}"):
            add_icon("stopped" if self.message.status is Status.CANCELLED else "warning")
            with ui.element("div"):
                Tag("strong", headline)
                if sentence and sentence != headline:
                    Tag("span", sentence)
                if self.message.request_id:
                    Tag("small", texts.REQUEST_ID.format(request_id=self.message.request_id))
            if self.message.may_be_retried:
                self._retry = PlainButton(self._on_retry_click, icon="retry", text=texts.RETRY).mark("retry")

    def _on_retry_click(self) -> None:
        self._on_retry(self.message)

    def _show_actions(self) -> None:
        if self.message.text:
            CopyButton(lambda: self.message.text)
        if numbers := _numbers(self.message):
            Tag("span", numbers, "usage")


def _numbers(message: Message) -> str:
    if not message.usage:
        return ""
    about = "≈\u2009" if message.usage.estimated else ""
    numbers = [about + texts.TOKENS.format(count=f"{message.usage.output_tokens:,}")]
    if (pace := message.tokens_per_second) is not None:
        numbers.append(about + texts.TOKENS_PER_SECOND.format(pace=f"{pace:.0f}" if pace >= 10 else f"{pace:.1f}"))
    return " · ".join(numbers)
