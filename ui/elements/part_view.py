"""The parts of an answer on the page; a part that grows hands its element only what is new.

A view that is refreshed compares the version of its part with the one it shows, so that refreshing all costs nothing.
"""

from nicegui import ui

from ui import texts
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.elements.tag import Tag, add_icon
from ui.elements.tool_call_view import CallActions, ToolCallView
from ui.messages import Message
from ui.parts import GrowingPart, Part, ReasoningPart, TextPart, ToolCallPart


class TextView:
    """Markdown over one text that grows."""

    def __init__(self, part: GrowingPart) -> None:
        is_finished = part.ended_at is not None
        self._part = part
        self._version = part.version if is_finished else None
        self._shown = len(part.deltas) if is_finished else 0
        self._markdown = StreamedMarkdown(part.text if is_finished else "")

    def refresh(self) -> None:
        """Append what has come since the last time."""
        if self._version == self._part.version:
            return
        self._version = self._part.version
        if len(self._part.deltas) > self._shown:
            self._markdown.append("".join(self._part.deltas[self._shown :]))
            self._shown = len(self._part.deltas)
        if self._part.ended_at is not None:
            self._markdown.finish()


class ReasoningView:
    """The model's thinking, folded away; its text goes to the browser only when somebody unfolds it."""

    def __init__(self, part: ReasoningPart) -> None:
        self._part = part
        self._version: int | None = None
        self._text_view: TextView | None = None
        self._details = Tag("details", classes="reasoning")
        with self._details, ui.element("summary"):
            self._summary = Tag("span", texts.THINKING, "reasoning-summary shimmer")
            add_icon("down")
        self._details.on("toggle", self._on_toggle, js_handler="(event) => event.target.open && emit()")

    def refresh(self) -> None:
        """Append what has come since the last time; at the end say how long it took."""
        if self._version == self._part.version:
            return
        self._version = self._part.version
        if self._part.ended_at is not None:
            self._summary.set_text(_thought(self._part.started_at, self._part.ended_at))
            self._summary.classes(remove="shimmer")
        if self._text_view:
            self._text_view.refresh()

    def _on_toggle(self) -> None:
        if self._text_view is None:
            with self._details:
                self._text_view = TextView(self._part)
            self._text_view.refresh()


PartView = TextView | ReasoningView | ToolCallView


def part_view(part: Part, message: Message, actions: CallActions) -> PartView:
    """Return a view of the part of an answer, in the element that is open."""
    match part:
        case TextPart():
            return TextView(part)
        case ReasoningPart():
            return ReasoningView(part)
        case ToolCallPart():
            return ToolCallView(part, message, actions)


def _thought(started_at: float | None, ended_at: float) -> str:
    if started_at is None:
        return texts.THOUGHT_ONCE
    return texts.THOUGHT.format(duration=duration(ended_at - started_at))


def duration(seconds: float) -> str:
    """Return the time as a person says it."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
