"""What a browser shows of a growing text, and the numbered frames that bring it there."""

from dataclasses import dataclass, field

from ui.markdown.growing import GrowingMarkdown
from ui.markdown.patch import change
from ui.markdown.units import without_end_tags

Frame = list[int | str]
"""The frame's number, how many units to drop, then the three parts of each patch."""


@dataclass(slots=True)
class Shown:
    """What a browser has that drew every frame up to `seq`."""

    seq: int = 0
    units: list[str] = field(default_factory=list)
    is_complete: bool = False


@dataclass(slots=True)
class Drawing:
    """Turns what is added to a text into frames; finished units are looked at once."""

    shown: Shown = field(default_factory=Shown)
    _markdown: GrowingMarkdown = field(default_factory=GrowingMarkdown)
    _finished: int = 0

    def frame(self, delta: str, *, is_last: bool = False) -> Frame | None:
        """Add text and return the next frame, or None when it changes nothing; after the last one nothing follows."""
        self._markdown.append(delta)
        if is_last:
            self._markdown.finish()
            self.shown.is_complete = True
        self._look_back()
        tail = [*map(without_end_tags, self._markdown.finished[self._finished :] + self._markdown.open_units())]
        found = change(self.shown.units[self._finished :], tail)
        self.shown.units[self._finished :] = tail
        self._finished = len(self._markdown.finished)
        if found is None:
            return None
        self.shown.seq += 1
        frame: Frame = [self.shown.seq, found.dropped]
        for patch in found.patches:
            frame += patch
        return frame

    def _look_back(self) -> None:
        """Compare again what a link reference has changed of the units that were finished."""
        references = self._markdown.references
        if references.changed_from is not None:
            self._finished = min(self._finished, references.changed_from)
            references.changed_from = None

    def open_size(self) -> int:
        """Return how many characters have to be read again for the next frame."""
        return self._markdown.open_size()
