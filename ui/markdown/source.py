"""Raw text to markdown lines in which neither raw HTML nor TeX delimiters are left.

`<` becomes a stand-in, so that the parser sees no HTML and the renderer writes `&lt;`; `\\(…\\)` and `\\[…\\]` become
dollars; a display formula of several lines becomes a fenced block of language `math`, which no `-` or `=` at the start
of a line can break. The result of a line depends on the lines before it and never on how the text was cut.
"""

import re
from dataclasses import dataclass

LESS, NOTE, NOTE_END = "\ufdd0", "\ufdd1", "\ufdd2"
MAX_LINE = 2000

_STAND_INS = {ord(LESS): "<", ord(NOTE): "[^", ord(NOTE_END): "]"}
_RAW_LESS = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]*>)")
_NOTE = re.compile(r"\[\^(\d{1,3})\](?!:)")
_PREFIX = r"((?:[ \t>]|(?:[-*+]|\d{1,9}[.)])[ \t])*+)"
_FENCE = re.compile(_PREFIX + r"(`{3,}+(?!.*`)|~{3,}+)")
_DISPLAY = re.compile(_PREFIX + r"(\\\[|\$\$)(?!.*(?:\\\]|\$\$))(.*)")
_FORMULA = re.compile(r"`+[^`]*`+|\\\\|\\\((.{1,800}?)\\\)|\\\[(.{1,2000}?)\\\]")
_MARKERS = re.compile(r"[-*+]|\d{1,9}[.)]")


def plain(text: str) -> str:
    """Return the text with the stand-ins replaced by what they stand for."""
    return text.translate(_STAND_INS)


@dataclass(slots=True)
class Source:
    """The lines of a growing text: complete ones are handed out once, the last one stays open."""

    partial: str = ""
    _closing: re.Pattern[str] | None = None
    _margin: str = ""
    _is_math: bool = False

    @property
    def in_fence(self) -> bool:
        """Whether the open line belongs to fenced code or to a display formula."""
        return self._closing is not None

    def feed(self, delta: str) -> str:
        """Take the next piece of text and return the lines that it completes."""
        text = self.partial + delta.encode("utf-8", "replace").decode().replace("\r", "")
        *lines, self.partial = text.split("\n")
        done = [self._normalized(piece) for line in lines for piece in self._pieces(line)]
        if not self.in_fence and len(self.partial) > MAX_LINE:
            *long, self.partial = self._pieces(self.partial)
            done += map(self._normalized, long)
        return "".join(f"{line}\n" for line in done)

    def open_line(self) -> str:
        """Return the open line as it would read if it ended here; closes nothing."""
        return Source("", self._closing, self._margin, self._is_math)._normalized(self.partial)

    def _pieces(self, line: str) -> list[str]:
        """Cut a line that is too long for the parser to read again and again; code is never cut."""
        pieces = []
        while len(line) > MAX_LINE and not self.in_fence:
            cut = line.rfind(" ", MAX_LINE // 2, MAX_LINE) + 1 or MAX_LINE
            pieces.append(line[:cut])
            line = line[cut:]
        return [*pieces, line]

    def _normalized(self, line: str) -> str:
        if self._closing is not None:
            line = self._in_fence(line, self._closing)
        elif fence := _FENCE.match(line):
            self._open_fence(rf"[ \t>]*{fence[2][0]}{{{len(fence[2])},}}[ \t]*$", fence[1], is_math=False)
        elif display := _DISPLAY.match(line):
            self._open_fence(r"(.*?)(?:\\\]|\$\$)(.*)$", display[1], is_math=True)
            line = f"{display[1]}```math" + (f"\n{self._margin}{display[3]}" if display[3].strip() else "")
        else:
            if "\\" in line:
                line = _FORMULA.sub(_with_dollars, line)
            if "[^" in line:
                line = _NOTE.sub(rf"{NOTE}\1{NOTE_END}", line)
        return _RAW_LESS.sub(LESS, line) if "<" in line else line

    def _open_fence(self, closing: str, prefix: str, *, is_math: bool) -> None:
        self._closing = re.compile(closing)
        self._margin = _MARKERS.sub(lambda marker: " " * len(marker[0]), prefix)
        self._is_math = is_math

    def _in_fence(self, line: str, closing: re.Pattern[str]) -> str:
        end = closing.match(line)
        if not self._is_math:
            if end:
                self._closing = None
            return line
        content = line.lstrip(" >")
        if end or not content:
            self._closing = None
            before, after = (end[1].lstrip(" >"), end[2].strip()) if end else ("", "")
            lines = (before, "```", after)
            return "\n".join(self._margin + part for part in lines if part) + ("" if content else "\n")
        return self._margin + content


def _with_dollars(found: re.Match[str]) -> str:
    if found[1] is not None:
        return f"${found[1].strip()}$"
    if found[2] is not None:
        return f"$${found[2].strip()}$$"
    return found[0]
