"""Link references across the pieces of a text: whatever comes first, the use or the definition, the link is one.

A definition that nothing refers to is shown as it is written, so that its address is never lost.
"""

from dataclasses import dataclass, field

import comrak

from ui.markdown import links
from ui.markdown.disclosures import shifted
from ui.markdown.parser import DEFINED, labels, normalized, parsed
from ui.markdown.render import rendered
from ui.markdown.source import plain
from ui.markdown.units import depth_of, unit

MAX_WAITING = 300
MAX_KNOWN = 1_000


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A piece that refers to what is not defined: its source, its units, and what it may refer to."""

    source: str
    skip: int
    start: int
    count: int
    labels: frozenset[str]


@dataclass(slots=True)
class References:
    """What is defined, which pieces wait for definitions, and from which unit on the last of them changed something."""

    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    changed_from: int | None = None
    _shown_at: dict[str, int] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)
    _fresh: set[str] = field(default_factory=set)

    def take(self, source: str, skip: int, start: int, units: list[str]) -> None:
        """Look at a piece that has become these units, the first of them number `start`; definitions add units."""
        found = labels(source)
        for label in found & self._shown_at.keys():
            self._fresh.add(label)
        unknown = found - self.known.keys()
        if unknown and len(self._waiting) < MAX_WAITING:
            self._waiting.append(_Waiting(source, skip, start, len(units), frozenset(unknown)))
        if "]:" in source:
            self._define(source, start, units)

    def resolve(self, finished: list[str]) -> None:
        """Make links in finished units of what has been defined since, and hide the definitions that are used."""
        if not self._fresh:
            return
        fresh, self._fresh = self._fresh, set()
        for piece in self._waiting:
            if piece.labels & fresh:
                units = rendered(piece.source, self.known, {}, is_final=True)[piece.skip :]
                self._change(finished, piece.start, units[: piece.count])
        self._waiting = [piece for piece in self._waiting if not piece.labels <= self.known.keys()]
        for label in fresh & self._shown_at.keys():
            self._change(finished, self._shown_at.pop(label), [unit(0, "")])

    def change_from(self, start: int) -> None:
        """Take note that finished units have changed, from this one on."""
        self.changed_from = min(start, self.changed_from if self.changed_from is not None else start)

    def _change(self, finished: list[str], start: int, units: list[str]) -> None:
        if units and start < len(finished):
            units = shifted(units, depth_of(finished[start]) - depth_of(units[0]))
        if finished[start : start + len(units)] != units:
            finished[start : start + len(units)] = units
            self.change_from(start)

    def _define(self, source: str, start: int, units: list[str]) -> None:
        depth = _depth(source)
        for label, target in _targets(source).items():
            key = normalized(label)
            if key in self.known or len(self.known) >= MAX_KNOWN:
                continue
            self.known[key] = target
            if any(key in piece.labels for piece in self._waiting):
                self._fresh.add(key)
            else:
                self._shown_at[key] = start + len(units)
                link = links.link(target[0], target[0])
                units.append(unit(depth, f"<p>[{links.text_html(plain(label))}]: {link}</p>"))


def _depth(source: str) -> int:
    """Return how deep a unit stands that follows what the source contains."""
    blocks = parsed(source, {}).blocks
    value = blocks[0].node_value if blocks else None
    return 2 if isinstance(value, comrak.List) else int(isinstance(value, comrak.BlockQuote | comrak.Alert))


def _targets(source: str) -> dict[str, tuple[str, str]]:
    """Return address and title of each label that the source defines."""
    found = list(dict.fromkeys(DEFINED.findall(source)))
    blocks = parsed("\n\n".join((source.rstrip(), *(f"[{label}]" for label in found))), {}).blocks
    used = blocks[len(blocks) - len(found) :] if found else []
    targets = {}
    for label, block in zip(found, used, strict=False):
        value = block.children[0].node_value if len(block.children) == 1 else None
        if isinstance(value, comrak.Link):
            targets[label] = (plain(value.value.url), plain(value.value.title))
    return targets
