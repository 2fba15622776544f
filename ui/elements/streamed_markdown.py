"""Markdown that grows in the page: finished blocks are sent once, of the open one only what changed.

A browser that missed a frame, or that mounts the element late, asks for everything that is shown. A text that is whole
from the start is drawn at once if it is short and else slice by slice, so that a long one never holds the loop.
"""

from collections import deque
from dataclasses import asdict

from nicegui import json, ui
from nicegui.events import GenericEventArguments

from ui.elements.frame_pacer import FramePacer, Timer, shared_pacer
from ui.markdown.drawing import Drawing, Frame

FRAME_SECONDS = 0.05
EARLY_SECONDS = 0.006
AWAY_SECONDS = 0.25
COSTS_BETWEEN_FRAMES = 5
OPEN_SIZE_THAT_DOUBLES = 16_000
SLICE = 500


class StreamedMarkdown(
    ui.element, component="streamed_markdown.js", esm={"decant-markdown": "markdown"}, default_classes="markdown"
):
    """Shows a text as markdown, at once or while it grows."""

    def __init__(self, text: str = "", *, pacer: FramePacer | None = None) -> None:
        super().__init__()
        self._pacer = pacer or shared_pacer()
        self._pieces: list[str] = []
        self._pending: deque[str] = deque()
        self._drawing = Drawing()
        self._is_requested = False
        self._timer: Timer | None = None
        self._next_frame = 0.0
        self._props["shown"] = self._drawing.shown
        self.on("resync", self._on_resync)
        self._is_whole = self._props["whole"] = bool(text)
        if text:
            self._add(text)
            if self._pacer.may_run_now(len(text)):
                self._draw_slice()
            else:
                self._request()

    @property
    def text(self) -> str:
        """The text so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def append(self, delta: str) -> None:
        """Add text; it is drawn with the next frame, which comes a little early rather than just before more text."""
        if self._is_whole or self._drawing.shown.is_complete:
            raise RuntimeError("the text is finished")
        self._add(delta)
        if self._is_requested:
            return
        delay = self._next_frame - self._pacer.loop.time()
        if delay <= EARLY_SECONDS:
            self._request()
        elif self._timer is None:
            self._timer = self._pacer.loop.call_later(delay, self._request)

    def finish(self) -> None:
        """Draw what is left, taken literally; nothing may be added afterwards."""
        self._is_whole = True
        if not self._drawing.shown.is_complete and not self._is_requested:
            self._draw_slice()

    def _request(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_requested = True
        self._pacer.request(self._draw)

    def _draw(self) -> None:
        if self.is_deleted or self._drawing.shown.is_complete:
            return
        if self._is_whole:
            self._is_requested = False
            self._draw_slice()
            return
        if not self.client.has_socket_connection:
            self._pacer.request(self._draw, AWAY_SECONDS)
            return
        self._is_requested = False
        started = self._pacer.loop.time()
        self._send(self._drawing.frame(self._taken()))
        ended = self._pacer.loop.time()
        widened = FRAME_SECONDS * (1 + self._drawing.open_size() / OPEN_SIZE_THAT_DOUBLES)
        self._next_frame = max(started + widened, ended + COSTS_BETWEEN_FRAMES * (ended - started))
        if self._pending:
            self._request()

    def _draw_slice(self) -> None:
        """Draw the next slice of a text to which nothing is added, and ask for the time to draw the one after it."""
        rest = self._taken()
        self._send(self._drawing.frame(rest, is_last=not self._pending))
        if self._pending:
            self._request()

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._pending += (text[start : start + SLICE] for start in range(0, len(text), SLICE))

    def _taken(self) -> str:
        """Take what is pending, but not much more than a slice."""
        taken, size = [], 0
        while self._pending and size < SLICE:
            taken.append(self._pending.popleft())
            size += len(taken[-1])
        return "".join(taken)

    def _send(self, frame: Frame | None) -> None:
        if frame is not None and not self.is_deleted:
            self._call(f"draw({json.dumps(frame)[1:-1]})")

    def _on_resync(self, event: GenericEventArguments) -> None:
        if event.args != self._drawing.shown.seq:
            self._call(f"restore({json.dumps(asdict(self._drawing.shown))})")

    def _call(self, call: str) -> None:
        """Call the element in the browser, in the order of these calls; `run_method` would start a task for each."""
        code = f"getElement({self.id})?.{call}"
        self.client.outbox.enqueue_message("run_javascript", {"code": code}, self.client.id)
