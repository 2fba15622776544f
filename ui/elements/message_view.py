"""Messages on the page: each view shows what its message holds and it has not shown yet."""

from collections.abc import Callable
from typing import Protocol

from nicegui import ui

from ui import texts
from ui.elements.copy_button import CopyButton
from ui.elements.message_editor import MessageEditor
from ui.elements.part_view import PartView, part_view
from ui.elements.tag import PlainButton, Tag, add_icon
from ui.elements.tool_call_view import CallActions, ToolCallView
from ui.elements.version_switch import VersionSwitch
from ui.messages import Failure, Message, Status
from ui.parts import ToolCallPart

LONG_CHARACTERS = 4000
HEADLINES = {
    Status.CANCELLED: texts.STOPPED,
    Status.FAILED: texts.FAILED,
    Status.INTERRUPTED: texts.INTERRUPTED,
}


class MessageActions(CallActions, Protocol):
    """What a person can do with a message."""

    def edit(self, message: Message, text: str, say: Callable[[str], object]) -> bool:
        """Ask this instead; False if that cannot be now, which is said."""

    def answer_again(self, answer: Message) -> None:
        """Have the question answered another time."""

    def go_on(self, answer: Message) -> None:
        """Have an answer that ends before its end written on."""

    def choose(self, message: Message) -> None:
        """Show another version of a message."""


class UserMessageView(ui.element):
    """What a person wrote, as it was written."""

    def __init__(self, message: Message, actions: MessageActions) -> None:
        super().__init__("article")
        self.message = message
        self._actions = actions
        self._editor: MessageEditor | None = None
        self.classes("message user-message")
        with self:
            Tag("h2", texts.YOU_SAID, "sr-only")
            self._said = ui.element("div").classes("said")
            with self._said:
                bubble = Tag("div", message.text, "bubble").props("dir=auto")
                if len(message.text) > LONG_CHARACTERS:
                    bubble.classes("bubble-long").props("tabindex=0")
                with ui.element("div").classes("message-actions"):
                    self._versions = VersionSwitch(message)
                    CopyButton(lambda: message.text)
                    self._edit = PlainButton(self.open_editor, icon="edit", label=texts.EDIT).mark("edit")

    def refresh(self, versions: list[Message]) -> None:
        """Show the message's versions."""
        self._versions.show(versions, self._actions.choose)

    def focus_versions(self, *, is_next: bool) -> None:
        """Give the focus to the way to the next version, or to the previous one."""
        self._versions.focus(is_next=is_next)

    def open_editor(self, text: str | None = None) -> None:
        """Let the message be written again."""
        if self._editor is None:
            self._said.set_visibility(False)
            with self:
                shown = text or self.message.text
                self._editor = MessageEditor(self.message.message_id, shown, self._on_save, self._on_cancel)

    def end_waiting(self) -> None:
        """Take back what was said of an answer that had to end first."""
        if self._editor:
            self._editor.say("")

    def _on_save(self, text: str) -> None:
        editor = self._editor
        if text == self.message.text:
            self._on_cancel()
        elif editor and text.strip() and self._actions.edit(self.message, text, editor.say):
            self._close_editor()

    def _on_cancel(self) -> None:
        self._close_editor()
        self._edit.run_method("focus")

    def _close_editor(self) -> None:
        if self._editor and not self.is_deleted:
            self._editor.delete()
            self._said.set_visibility(True)
        self._editor = None


class AnswerView(ui.element):
    """An answer in the making or at its end."""

    def __init__(self, message: Message, actions: MessageActions) -> None:
        super().__init__("article")
        self.message = message
        self._actions = actions
        self._views: list[PartView] = []
        self._parts_shown = 0
        self._is_ended = False
        self._offers: list[ui.element] = []
        self._versions: VersionSwitch | None = None
        self.classes("message answer")
        with self:
            Tag("h2", texts.ANSWER, "sr-only")
            self._body = ui.element("div").classes("answer-body")
            with ui.element("div").classes("progress"):
                self._dots = ui.element("div").classes("dots").props("aria-hidden=true")
                self._cut = Tag("span", texts.RECONNECTING, "shimmer")
            with self._dots:
                for _ in range(3):
                    ui.element("span")

    def refresh(self, versions: list[Message]) -> None:
        """Show what the message holds and is not shown yet, and its versions."""
        message = self.message
        with self._body:
            for part in message.parts[self._parts_shown :]:
                self._views.append(part_view(part, message, self._actions))
        self._parts_shown = len(message.parts)
        waiting = sum(isinstance(part, ToolCallPart) and part.is_asked and not part.questions for part in message.parts)
        for view in self._views:
            if isinstance(view, ToolCallView):
                view.waiting = waiting
            view.refresh()
        self._dots.set_visibility(message.is_waiting)
        self._cut.set_visibility(message.progress is not None and message.progress.is_cut)
        if not self._is_ended and not message.is_running:
            self._is_ended = True
            self._show_end()
        if self._versions:
            self._versions.show(versions, self._actions.choose)

    def focus_versions(self, *, is_next: bool) -> None:
        """Give the focus to the way to the next version, or to the previous one."""
        if self._versions:
            self._versions.focus(is_next=is_next)

    def show_offers(self, *, is_last: bool) -> None:
        """Offer to go on or to try again, which makes sense below the last answer."""
        for offer in self._offers:
            offer.set_visibility(is_last)

    def _show_end(self) -> None:
        with self:
            if self.message.status is not Status.COMPLETED:
                self._show_notice(HEADLINES[self.message.status], self.message.failure)
            elif self.message.finish_reason in texts.FINISH_REASONS:
                self._show_notice(texts.FINISH_REASONS[self.message.finish_reason])
            elif not self.message.says_something:
                self._show_notice(texts.EMPTY_ANSWER)
            with ui.element("div").classes("message-actions"):
                self._show_actions()

    def _show_notice(self, headline: str, failure: Failure | None = None) -> None:
        kind = "quiet" if self.message.status in {Status.CANCELLED, Status.COMPLETED} else "error"
        with ui.element("div").classes(f"notice notice-{kind}"):
            add_icon("stopped" if self.message.status is Status.CANCELLED else "warning")
            with ui.element("div"):
                Tag("strong", headline)
                if failure and failure.sentence not in ("", headline):
                    Tag("span", failure.sentence)
                if failure and failure.request_id:
                    Tag("small", texts.REQUEST_ID.format(request_id=failure.request_id))
            if self.message.may_be_continued:
                self._offers.append(PlainButton(self._go_on, icon="continue", text=texts.CONTINUE).mark("continue"))
            if self.message.may_be_retried:
                self._offers.append(PlainButton(self._answer_again, icon="retry", text=texts.RETRY).mark("retry"))

    def _go_on(self) -> None:
        self._actions.go_on(self.message)

    def _answer_again(self) -> None:
        self._actions.answer_again(self.message)

    def _show_actions(self) -> None:
        self._versions = VersionSwitch(self.message)
        if self.message.text:
            CopyButton(lambda: self.message.text)
        PlainButton(self._answer_again, icon="retry", label=texts.REGENERATE).mark("regenerate")
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
