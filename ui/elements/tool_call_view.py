"""A tool call in an answer: what is called, how it stands, what it was given and what came of it."""

from collections.abc import Callable
from typing import Protocol

from nicegui import ui

from ui import texts
from ui.elements.decision_card import DecisionCard
from ui.elements.question_card import QuestionCard
from ui.elements.tag import Tag, add_icon
from ui.elements.tool_result_view import pretty, show_result, show_text
from ui.messages import Message, ToolDecision
from ui.parts import ToolCallPart, ToolProgress, ToolResult


class CallActions(Protocol):
    """What a person can do with a call."""

    def decide(self, answer: Message, call: ToolCallPart, decision: ToolDecision, say: Callable[[str], object]) -> None:
        """Decide about a tool call of an answer; what goes wrong is said."""

    def read_resource(
        self, server: str, uri: str, show: Callable[[ToolResult], object], say: Callable[[str], object]
    ) -> None:
        """Show what a resource holds that a result names; what goes wrong is said."""


class ToolCallView:
    """One call: a line that unfolds into arguments and result, and while a person has to decide a card for that.

    `waiting` is how many calls of the answer wait for an approval.
    """

    def __init__(self, part: ToolCallPart, message: Message, actions: CallActions) -> None:
        self.waiting = 0
        self._part = part
        self._message = message
        self._actions = actions
        self._shown: object = None
        self._card: DecisionCard | QuestionCard | None = None
        self._asked_at: float | None = None
        self._body: ui.element | None = None
        self._has_result = False
        with Tag("div", classes="tool-call") as self._root:
            self._details = Tag("details", classes="tool-details")
            with self._details, Tag("summary"):
                add_icon("tool")
                Tag("bdi", part.title or part.name or texts.TOOL, "tool-name")
                if part.server:
                    Tag("bdi", part.server, "tool-server")
                self._state = Tag("span", "", "tool-state")
                add_icon("down")
            self._progress = Tag("div", classes="tool-progress")
            with self._progress:
                self._bar = Tag("progress").props("max=1")
                self._said = Tag("span").props("dir=auto")
        self._details.on("toggle", self._on_toggle, js_handler="(event) => event.target.open && emit()")

    def refresh(self) -> None:
        """Show what has become of the call."""
        part, message = self._part, self._message
        others = self.waiting - 1 if part.is_asked else 0
        shown = (part.version, message.is_running, others)
        if shown == self._shown:
            return
        self._shown = shown
        is_going = message.is_running and part.result is None and not part.is_asked
        self._state.set_text(state_of(part, is_running=message.is_running))
        self._state.classes(add="shimmer" if is_going else "", remove="" if is_going else "shimmer")
        is_bad = part.result is not None and part.result.is_error
        self._root.classes(add="tool-failed") if is_bad else self._root.classes(remove="tool-failed")
        self._show_progress(part.progress if is_going else None)
        self._show_card(others, is_asked=part.is_asked and message.is_running)
        self._show_late_result()

    def _show_progress(self, progress: ToolProgress | None) -> None:
        self._progress.set_visibility(progress is not None)
        if progress is None:
            return
        if progress.total:
            self._bar.props["value"] = max(0.0, min(1.0, progress.progress / progress.total))
        self._bar.set_visibility(bool(progress.total))
        self._bar.update()
        self._said.set_text(progress.message or f"{progress.progress:g}")

    def _show_card(self, others: int, *, is_asked: bool) -> None:
        """Show a card of its own for everything that is asked about the call."""
        asked_at = self._part.expires_at if is_asked else None
        if self._card is not None and asked_at != self._asked_at:
            self._card.delete()
            self._card = None
        run_id = self._message.run_id or ""
        if asked_at is not None and self._card is None:
            with self._root:
                if self._part.questions:
                    self._card = QuestionCard(self._part, run_id, self._decide)
                else:
                    self._card = DecisionCard(self._part, run_id, pretty(self._part.arguments or "{}"), self._decide)
        self._asked_at = asked_at
        if self._card is not None:
            self._card.show_others(max(0, others))

    def _decide(self, decision: ToolDecision) -> None:
        card = self._card
        if card is not None:
            self._actions.decide(self._message, self._part, decision, card.fail)

    def _read(self, uri: str, show: Callable[[ToolResult], None], say: Callable[[str], None]) -> None:
        self._actions.read_resource(self._part.server, uri, show, say)

    def _on_toggle(self) -> None:
        if self._body is None:
            with self._details:
                self._body = Tag("div", classes="tool-body")
            with self._body:
                Tag("h4", texts.TOOL_ARGUMENTS)
                show_text(pretty(self._part.arguments or "{}"))
                if self._part.reason:
                    Tag("h4", texts.DENIED_BECAUSE)
                    show_text(self._part.reason)
            self._show_late_result()

    def _show_late_result(self) -> None:
        result = self._part.result
        if self._body is not None and result is not None and not self._has_result:
            self._has_result = True
            with self._body:
                Tag("h4", texts.EXPORT_TOOL_ERROR if result.is_error else texts.EXPORT_TOOL_RESULT)
                show_result(result, self._read)


def state_of(part: ToolCallPart, *, is_running: bool) -> str:
    """Say how a call stands."""
    if part.result is not None:
        if part.decision == "deny" and not part.questions:
            return texts.TOOL_DENIED
        if part.result.is_error:
            return texts.TOOL_FAILED
        duration = part.result.duration_ms
        return texts.TOOL_DONE if duration is None else texts.TOOL_TOOK.format(seconds=f"{duration / 1000:.1f}")
    if not is_running:
        return texts.TOOL_UNFINISHED
    if part.is_asked:
        return texts.TOOL_WAITS
    # Until something has come of it nobody here knows whether it runs, or is about to be asked for.
    return texts.TOOL_RUNNING if part.progress or part.decision else texts.TOOL_PENDING
