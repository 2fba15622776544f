"""Fenced code at the top level while it grows: lines go by once, only the last group of lines is written anew."""

import re
from dataclasses import dataclass, field

from pygments.lexer import Lexer

from ui.markdown import code
from ui.markdown.parser import parsed
from ui.markdown.source import plain

_OPENING = re.compile(r"^( {0,3})(`{3,}|~{3,})(.*)(?:\n|\Z)", re.MULTILINE)
_PARTIAL_CLOSING = re.compile(r" {0,3}(?:`+|~+)\s*")


@dataclass(slots=True)
class Fence:
    """An open fence: its finished groups as units, and the lines of the group that still grows."""

    language: str
    lexer: Lexer | None
    indent: int
    closing: re.Pattern[str]
    lines: list[str] = field(default_factory=list)
    size: int = 0
    is_inside_line: bool = False
    _units: list[str] = field(default_factory=list)
    _from: int = 0

    @classmethod
    def opened_by(cls, source: str) -> tuple["Fence", str]:
        """Return the fence that this source begins with and the source after its first line."""
        opening = _OPENING.search(source)
        if opening is None:
            raise ValueError("no fence opens here")
        marker, language = opening[2], code.language_of(plain(_info(opening)))
        closing = re.compile(rf" {{0,3}}{marker[0]}{{{len(marker)},}}[ \t]*\n?")
        fence = cls(language, code.lexer_for(language), len(opening[1]), closing)
        fence._units.append(code.frame(language, 0))
        return fence, source[opening.end() :]

    def feed(self, source: str) -> str | None:
        """Take lines, or a part of one; return what follows the closing line, or None while the fence is open."""
        end = 0
        for line in code.lines_of(source):
            end += len(line)
            if not self.is_inside_line and self.closing.fullmatch(line):
                return source[end:]
            self.lines.append(plain(self._without_indent(line)))
            self.size += len(line)
            self.is_inside_line = not line.endswith("\n")
        return None

    def settled(self) -> list[str]:
        """Hand out, once, the units that will not change: those of code too long to be highlighted as a whole."""
        if self.size <= code.MAX_WHOLE or self.language == "math":
            return []
        self._highlight_groups()
        units, self._units = self._units, []
        return units

    def units(self, open_line: str = "") -> list[str]:
        """Return the units of the fence as it stands, without those that are settled."""
        if self.language == "math":
            return [code.formula("".join(self.lines) + plain(open_line.lstrip(" ")), 0, is_final=False)]
        rest = self._highlight_groups()
        is_closing = not self.is_inside_line and _PARTIAL_CLOSING.fullmatch(open_line)
        shown = "" if is_closing else plain(self._without_indent(open_line))
        markup = code.highlighted("".join((*rest, shown)), self.lexer)
        return [*self._units, code.group_unit(markup, 0)] if markup else self._units

    def finished(self) -> list[str]:
        """Return the units of the fence, which has ended, without those that are settled."""
        if self.size <= code.MAX_WHOLE or self.language == "math":
            return code.block("".join(self.lines), self.language, 0, {}, is_final=True)
        return self.units()

    def _highlight_groups(self) -> list[str]:
        """Turn complete groups into units and return the lines of the last, open one."""
        for group in code.groups(self.lines[self._from :]):
            if not code.is_complete(group):
                return group
            self._units.append(code.group_unit(code.highlighted("".join(group), self.lexer), 0))
            self._from += len(group)
        return []

    def _without_indent(self, line: str) -> str:
        return line if self.is_inside_line else line[min(self.indent, len(line) - len(line.lstrip(" "))) :]


def _info(opening: re.Match[str]) -> str:
    """Return what a fence says of its code; the parser knows what escapes and entities mean in it."""
    if not any(sign in opening[3] for sign in "\\&"):
        return opening[3]
    (block,) = parsed(opening[0], {}).blocks
    info: str = block.node_value.value.info  # type: ignore[attr-defined]
    return info
