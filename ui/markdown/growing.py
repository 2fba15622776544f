"""A markdown text that grows: its finished units, which never change again, and the units of its open end.

Only the open end is parsed: the last block, of a list its last item, of a table its last row, of fenced code its last
lines. A finished block is rendered on its own, so the result does not depend on how the text was cut. One thing reaches
back: a link reference that is defined later makes links of what has referred to it.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from ui.markdown.blocks import Block, split
from ui.markdown.cutting import MAX_BLOCK, cut
from ui.markdown.disclosures import Disclosures
from ui.markdown.fence import Fence
from ui.markdown.formulas import fenced
from ui.markdown.parser import ends_in_code
from ui.markdown.references import References
from ui.markdown.render import rendered
from ui.markdown.repair import repaired
from ui.markdown.source import Source
from ui.markdown.units import Memo, unit

STEP = 1_000
LOOK_AGAIN = 1.05


@dataclass(slots=True)
class GrowingMarkdown:
    """Takes text piece by piece; `finished` gets longer, and changes only where a reference is resolved."""

    finished: list[str] = field(default_factory=list)
    is_final: bool = False
    references: References = field(default_factory=References)
    _source: Source = field(default_factory=Source)
    _open: str = ""
    _head: str = ""
    _skip: int = 0
    _fence: Fence | None = None
    _next_look: float = 0
    _until_step: int = STEP
    _memo: Memo = field(default_factory=dict)
    _disclosures: Disclosures = field(default_factory=Disclosures)

    def append(self, delta: str) -> None:
        """Take the next piece of text; what is cut is cut at the same places however the text came."""
        while delta:
            piece, delta = delta[: self._until_step], delta[self._until_step :]
            self._until_step -= len(piece)
            self._open += self._source.feed(piece)
            if self._until_step == 0:
                self._until_step = STEP
                self._finish_blocks()
                self._cut()
            elif self._open and (self._fence is not None or len(self._open) >= self._next_look):
                self._finish_blocks()

    def finish(self) -> None:
        """Say that nothing follows: what is open is taken literally."""
        self._open += self._source.last_line()
        self._source = Source()
        self._finish_blocks(is_last=True)
        if self._fence is not None:
            self._finish_fence(self._fence)
        blocks = split(self._head + self._open)
        for block in blocks:
            self._finish_block(block)
        if not blocks:
            self._finish_piece(self._head + self._open)
        self._open, self.is_final = "", True

    def open_units(self) -> list[str]:
        """Return the units of the open end, half-typed markdown completed."""
        if self.is_final:
            return []
        if self._fence is not None:
            return self._fence.units(self._source.open_line())
        text = self._open + self._source.preview()
        if not text.strip():
            return []
        shown = fenced(self._head + text, is_preview=True)
        is_literal = shown.open_line is not None or ends_in_code(self._head + self._open)
        markdown = shown.text if is_literal else repaired(shown.text)
        units = rendered(markdown, self.references.known, self._memo, is_final=False)[self._skip :]
        if self._disclosures.is_open:
            units = [unit(0, "") if each.startswith("0<p class=closes>") else each for each in units]
        return units

    def open_size(self) -> int:
        """Return how many characters have to be read again for the next units."""
        return len(self._source.partial) + (0 if self._fence is not None else len(self._open))

    def _finish_blocks(self, *, is_last: bool = False) -> None:
        while self._open:
            if self._fence is not None:
                rest = self._fence.feed(self._open)
                self._open = rest or ""
                if rest is None:
                    self.finished += self._fence.settled()
                    return
                self._finish_fence(self._fence)
                continue
            found = fenced(self._head + self._open)
            self._open = found.text[len(self._head) :]
            undecided = None if is_last else found.open_line
            if not self._finish_until_fence(split(found.text), undecided):
                break
        self._next_look = len(self._open) * LOOK_AGAIN

    def _finish_until_fence(self, blocks: list[Block], undecided: int | None) -> bool:
        """Finish all blocks but the last; stop where the rest has to be looked at again, and say so.

        Nothing is finished from the line `undecided` on.
        """
        line = 0
        for index, block in enumerate(blocks):
            line += block.source.count("\n")
            if undecided is not None and line > undecided:
                self._keep(blocks[index:])
                return False
            if block.is_fenced:
                self._keep(blocks[index:])
                self._fence, self._open = Fence.opened_by(self._open)
                return True
            if index + 1 < len(blocks):
                self._finish_block(block)
            else:
                self._keep([block])
                self._finish_parts(block)
        return False

    def _keep(self, blocks: list[Block]) -> None:
        self._open = "".join(block.source for block in blocks)[len(self._head) :]

    def _finish_fence(self, fence: Fence) -> None:
        self.finished += fence.finished()
        self._fence = None

    def _finish_block(self, block: Block) -> None:
        if block.kind == "List":
            for item in _pieces(block.source, block.parts):
                self._finish_piece(item)
                self._go_on("", 1)
        else:
            self._finish_piece(block.source)
        self._go_on("", 0)

    def _finish_parts(self, block: Block) -> None:
        """Finish all items of a list, or all rows of a table, but the last one."""
        if len(block.parts) < 2:
            return
        last = block.parts[-1]
        if block.kind == "List":
            for item in _pieces(block.source[:last], block.parts[:-1]):
                self._finish_piece(item)
                self._go_on("", 1)
        else:
            self._finish_piece(block.source[:last])
            self._go_on(self._head or block.source[: block.parts[0]], 1)
        self._open = block.source[last:]

    def _cut(self) -> None:
        """Finish what has grown too long of the open block; only at every `STEP`, where all texts are looked at."""
        if self._fence is not None:
            if len(self._source.partial) > MAX_BLOCK:
                self._fence.feed(self._source.open_line())
                self._source = Source()
            return
        text = self._open + self._source.open_line()
        while found := cut(self._head, text):
            self._finish_piece(self._head + text[: found.end])
            self._go_on(found.head, len(rendered(found.head, {}, {}, is_final=True)) - found.is_inside)
            self._source.drop(max(0, found.end - len(self._open)))
            self._open = self._open[found.end :]
            text = text[found.end :]

    def _go_on(self, head: str, skip: int) -> None:
        self._head, self._skip = head, skip

    def _finish_piece(self, source: str) -> None:
        units = rendered(source, self.references.known, self._memo, is_final=True)[self._skip :]
        self.references.take(source, self._skip, len(self.finished), units)
        start = len(self.finished)
        self.finished += units
        folded_from = self._disclosures.take(self.finished, start, 0)
        if folded_from is not None:
            self.references.change_from(folded_from)
        self.references.resolve(self.finished)
        self._memo.clear()


def _pieces(source: str, starts: tuple[int, ...]) -> list[str]:
    """Cut the source of a list before each of its items but the first."""
    cuts = [0, *starts[1:], len(source)]
    return [source[start:end] for start, end in pairwise(cuts)]
