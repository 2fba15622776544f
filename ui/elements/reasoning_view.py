"""The model's thinking, folded away; its text goes to the browser only when somebody unfolds it."""

from nicegui import events, ui
from ui.elements.streamed_markdown import StreamedMarkdown

from ui import texts
from ui.elements.tag import Tag, add_icon
from ui.messages import Part


class ReasoningView(ui.element):
    """A `details` element over one reasoning part."""

    def __init__(self, part: Part) -> None:
        super().__init__("details")
        self.classes("reasoning")
        self._part = part
        self._shown = 0
        self._markdown: StreamedMarkdown | None = None
        with self, ui.element("summary"):
            self._summary = Tag("span", texts.THINKING, "reasoning-summary")
            add_icon("down")
        self.on("toggle", self._on_toggle, js_handler="(event) => emit(event.target.open)")

    def refresh(self) -> None:
        """Show what has come since the last time."""
        is_ended = self._part.ended_at is not None
        self._summary.set_text(self._title())
        self._summary.classes(remove="shimmer") if is_ended else self._summary.classes("shimmer")
        if self._markdown:
            self._markdown.append("".join(self._part.deltas[self._shown :]))
            self._shown = len(self._part.deltas)
            if is_ended:
                self._markdown.finish()

    def _title(self) -> str:
        if self._part.ended_at is None or self._part.started_at is None:
            return texts.THINKING
        seconds = max(1, round(self._part.ended_at - self._part.started_at))
        minutes, rest = divmod(seconds, 60)
        return texts.THOUGHT.format(duration=f"{minutes} min {rest} s" if minutes else f"{rest} s")

    def _on_toggle(self, event: events.GenericEventArguments) -> None:
        if event.args and self._markdown is None:
            with self:
                self._markdown = StreamedMarkdown()
            self.refresh()
