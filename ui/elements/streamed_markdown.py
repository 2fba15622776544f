"""Markdown that grows in the page: finished blocks are sent once, of the open one only what changed.

The element numbers its frames. A browser that missed one, or that mounts the element late, asks for the whole state.
"""

import logging
from dataclasses import asdict, dataclass, field
from itertools import chain
from time import perf_counter

from nicegui import json, ui
from nicegui.events import GenericEventArguments

from ui.elements.frame_pacer import FramePacer, shared_pacer
from ui.markdown.growing import GrowingMarkdown
from ui.markdown.patch import change
from ui.markdown.units import without_end_tags

FRAME_SECONDS = 0.048
AWAY_SECONDS = 0.25
SLOWER_PER_CHARACTER = 1 / 16_000

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Shown:
    """What the browser has when it has every frame up to `seq`."""

    seq: int = 0
    units: list[str] = field(default_factory=list)
    is_complete: bool = False


class StreamedMarkdown(
    ui.element, component="streamed_markdown.js", esm={"decant-markdown": "markdown"}, default_classes="markdown"
):
    """Shows a text as markdown, whole or while it grows."""

    def __init__(self, text: str = "", *, pacer: FramePacer | None = None) -> None:
        super().__init__()
        self._pacer = pacer or shared_pacer()
        self._pieces: list[str] = []
        self._pending: list[str] = []
        self._markdown = GrowingMarkdown()
        self._finished = 0
        self._is_scheduled = False
        self._frame_seconds = FRAME_SECONDS
        self._last_frame = 0.0
        self._shown = Shown()
        self._props["shown"] = self._shown
        self.on("resync", self._on_resync)
        if text:
            self._pieces = [text]
            self._markdown.append(text)
            self._markdown.finish()
            self._shown.units = [*map(without_end_tags, self._markdown.finished)]
            self._shown.is_complete = True

    @property
    def text(self) -> str:
        """The text so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def append(self, delta: str) -> None:
        """Add text; it is drawn with the next frame."""
        if self._shown.is_complete:
            raise RuntimeError("the text is finished")
        self._pieces.append(delta)
        self._pending.append(delta)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._pacer.request(self._frame, self._last_frame + self._frame_seconds - perf_counter())

    def finish(self) -> None:
        """Draw what is left, taken literally; nothing may be added afterwards."""
        if not self._shown.is_complete:
            self._read_pending()
            self._markdown.finish()
            self._shown.is_complete = True
            self._send()

    def _frame(self) -> None:
        if self.is_deleted or self._shown.is_complete:
            return
        if not self.client.has_socket_connection:
            self._pacer.request(self._frame, AWAY_SECONDS)
            return
        self._is_scheduled = False
        started = perf_counter()
        self._read_pending()
        self._send()
        self._last_frame = perf_counter()
        slower = 1 + self._markdown.open_size() * SLOWER_PER_CHARACTER
        self._frame_seconds = max(FRAME_SECONDS * slower, 5 * (self._last_frame - started))

    def _read_pending(self) -> None:
        pending, self._pending = "".join(self._pending), []
        self._markdown.append(pending)

    def _send(self) -> None:
        tail = [*map(without_end_tags, self._markdown.finished[self._finished :] + self._markdown.open_units())]
        found = change(self._shown.units[self._finished :], tail, self._finished)
        self._shown.units[self._finished :] = tail
        self._finished = len(self._markdown.finished)
        if found is not None:
            self._shown.seq += 1
            frame = json.dumps([self._shown.seq, found.keep, *chain.from_iterable(found.patches)])
            self.client.run_javascript(f'runMethod({self.id},"draw",{frame})')

    def _on_resync(self, event: GenericEventArguments) -> None:
        if event.args != self._shown.seq:
            self.run_method("restore", asdict(self._shown))
