"""Raw text to lines that the parser may read: characters are replaced by others, one for one, and nothing else changes.

`<` becomes a stand-in, so that the parser sees no HTML and its markdown stays markdown; the renderer writes `&lt;`, or
the tag if it is a harmless one. It stays where markdown itself uses it: `<https://…>`, `](<…>)`, `\\<`. The stand-in
is punctuation, as `<` is, because emphasis depends on that (CommonMark 0.31.2, section 6.2).
"""

import re
from dataclasses import dataclass

LESS = "\U0001bc9f"
CONTINUES = "\ufdd1"
DOLLAR = "\ufdd2"
_LESS_ITSELF, _QUOTE, _SPACE, _DASH = "\ufdd0", "\ufdd3", "\ufdd4", "\ufdd5"

MAX_MARKERS = 40
MAX_COLUMNS = 128
_MARKUP = re.compile(r"(\\*)(<(?:(?i:https?://|mailto:)[^\s<>]*>|[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+>)?)")
_DESTINATION = re.compile(r"\](?:\(|:)[ \t]*\Z")
_MARKER = r"[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))"
_DEEP = re.compile(rf"(?:{_MARKER}){{{MAX_MARKERS}}}[ \t]*(?:(>)|(?:[-*+]|\d{{1,9}}[.)])([ \t]))")
_DELIMITERS = re.compile(r"[ \t>|:-]*-[ \t|:-]*")
_TO_PLAIN = str.maketrans(
    {LESS: "<", _LESS_ITSELF: LESS, DOLLAR: "$", CONTINUES: "", _QUOTE: ">", _SPACE: " ", _DASH: "-"}
)
_TO_SOURCE = str.maketrans({LESS: _LESS_ITSELF} | dict.fromkeys(("\0", *map(chr, range(0xFDD0, 0xFDD6))), "\ufffd"))


def plain(text: str) -> str:
    """Return the text with the stand-ins replaced by what they stand for."""
    return text if text.isascii() else text.translate(_TO_PLAIN)


@dataclass(slots=True)
class Source:
    """The lines of a growing text: complete ones are handed out once, the last one stays open."""

    partial: str = ""

    def feed(self, delta: str) -> str:
        """Take the next piece of text and return the lines that it completes, each with its end."""
        text = self.partial + delta
        held = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n")
        complete, newline, self.partial = text.rpartition("\n")
        self.partial += held
        return _readable(complete + newline)

    def open_line(self) -> str:
        """Return the open line as it would read if it ended here; it is as long as the line."""
        return _readable(self.partial.removesuffix("\r"))

    def drop(self, count: int) -> None:
        """Forget the first characters of the open line."""
        self.partial = self.partial[count:]


def _readable(text: str) -> str:
    if not text.isascii() or "\0" in text:
        text = text.encode("utf-8", "replace").decode().translate(_TO_SOURCE)
    if "<" in text:
        text = _MARKUP.sub(_without_markup, text)
    return "\n".join(map(_bounded, text.split("\n")))


def _without_markup(found: re.Match[str]) -> str:
    backslashes, markup = found[1], found[2]
    is_destination = _DESTINATION.search(found.string, max(0, found.start() - 9), found.end(1))
    if len(backslashes) % 2 or len(markup) > 1 or is_destination:
        return found[0]
    return backslashes + LESS


def _bounded(line: str) -> str:
    """Return a line that nests no deeper, and makes no wider table, than people write, which parsers take long for."""
    if line.count("|") > MAX_COLUMNS and _DELIMITERS.fullmatch(line):
        return line.replace("-", _DASH, 1)
    deep = _DEEP.match(line) if line[:1] in " \t>-*+0123456789" else None
    if deep is None:
        return line
    at, stand_in = (deep.start(1), _QUOTE) if deep[1] else (deep.start(2), _SPACE)
    return line[:at] + stand_in + line[at + 1 :]
