"""A markdown text that grows: its finished units, which never change again, and the units of its open end.

Only the open end is parsed: the last block, of a list its last item, of a table its last row, of fenced code its last
lines. A finished block is rendered on its own, so the result does not depend on how the text was cut. Two things follow
from that: a link reference must be defined before it is used or in the same block, and footnotes stay where they are.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import pyromark

from ui.markdown.blocks import OPTIONS, Block, split
from ui.markdown.fence import Fence
from ui.markdown.render import rendered
from ui.markdown.repair import repaired
from ui.markdown.source import Source, plain
from ui.markdown.units import Memo

MAX_STEP = 4000
LOOK_AGAIN = 1.05


@dataclass(slots=True)
class GrowingMarkdown:
    """Takes text piece by piece; `finished` only ever gets longer."""

    finished: list[str] = field(default_factory=list)
    is_final: bool = False
    _source: Source = field(default_factory=Source)
    _open: str = ""
    _head: str = ""
    _is_continued: bool = False
    _fence: Fence | None = None
    _next_look: float = 0
    _definitions: dict[str, tuple[str, str]] = field(default_factory=dict)
    _memo: Memo = field(default_factory=dict)

    def append(self, delta: str) -> None:
        """Take the next piece of text."""
        for start in range(0, len(delta), MAX_STEP):
            lines = self._source.feed(delta[start : start + MAX_STEP])
            if lines:
                self._open += lines
                if self._fence is not None or len(self._open) >= self._next_look:
                    self._finish_blocks()
                    self._next_look = len(self._open) * LOOK_AGAIN

    def finish(self) -> None:
        """Say that nothing follows: what is open is taken literally."""
        self._open += self._source.open_line()
        self._source = Source()
        self._finish_blocks()
        if self._fence is not None:
            self._finish_fence(self._fence)
        for block in split(self._head + self._open):
            self._finish_block(block)
        self._open, self.is_final = "", True

    def open_units(self) -> list[str]:
        """Return the units of the open end, half-typed markdown completed."""
        if self.is_final:
            return []
        line = self._source.open_line() if self._source.partial else ""
        if self._fence is not None:
            return self._fence.units(line)
        text = self._open + line
        if not text.strip():
            return []
        if not self._source.in_fence:
            text = repaired(text)
        return rendered(self._head + text, self._definitions, self._memo, is_final=False)[self._is_continued :]

    def open_size(self) -> int:
        """Return how many characters have to be read again for the next units."""
        return len(self._source.partial) + (0 if self._fence is not None else len(self._open))

    def _finish_blocks(self) -> None:
        while self._open:
            if self._fence is not None:
                rest = self._fence.feed(self._open)
                self._open = rest or ""
                if rest is None:
                    self.finished += self._fence.settled()
                    return
                self._finish_fence(self._fence)
            elif not self._finish_until_fence(split(self._head + self._open)):
                return

    def _finish_until_fence(self, blocks: list[Block]) -> bool:
        """Finish all blocks but the last; stop where the rest has to be looked at again, and say so."""
        for index, block in enumerate(blocks):
            cut = block.cut()
            if cut:
                self._finish_piece(block.source[:cut])
            if cut or block.is_fenced:
                self._open = "".join(each.source for each in blocks[index:])[cut:]
                if not cut:
                    self._fence, self._open = Fence.opened_by(self._open)
                return True
            if index + 1 < len(blocks):
                self._finish_block(block)
            else:
                self._open = block.source[len(self._head) :]
                self._finish_parts(block)
        return False

    def _finish_fence(self, fence: Fence) -> None:
        self.finished += fence.finished()
        self._fence = None

    def _finish_block(self, block: Block) -> None:
        if block.kind == "List":
            for item in _pieces(block.source, block.parts):
                self._finish_piece(item)
                self._is_continued = True
        else:
            self._finish_piece(block.source)
        self._is_continued, self._head = False, ""

    def _finish_parts(self, block: Block) -> None:
        """Finish all items of a list, or all rows of a table, but the last one."""
        if len(block.parts) < 2:
            return
        cut = block.parts[-1]
        if block.kind == "List":
            for item in _pieces(block.source[:cut], block.parts[:-1]):
                self._finish_piece(item)
                self._is_continued = True
            self._open = block.source[cut:]
        elif block.kind == "Table":
            self._finish_piece(block.source[:cut])
            self._is_continued = True
            self._head = self._head or "".join(block.source[: block.parts[0]])
            self._open = block.source[cut:]

    def _finish_piece(self, source: str) -> None:
        if "]:" in source:
            self._define(source)
        self.finished += rendered(source, self._definitions, self._memo, is_final=True)[self._is_continued :]
        self._memo.clear()

    def _define(self, source: str) -> None:
        for label, link in pyromark.reference_definitions(source, options=OPTIONS).items():
            self._definitions.setdefault(label.casefold(), (plain(link["dest"]), plain(link["title"] or "")))


def _pieces(source: str, starts: tuple[int, ...]) -> list[str]:
    """Cut the source of a list before each of its items but the first."""
    cuts = [0, *starts[1:], len(source)]
    return [source[start:end] for start, end in pairwise(cuts)]
