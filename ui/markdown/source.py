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
DETAILS, OPEN_DETAILS, SUMMARY, END_SUMMARY, END_DETAILS = "\ufdd6", "\ufdd7", "\ufdd8", "\ufdd9", "\ufdda"
BLOCK = "\ufddb"
_DISCLOSING = {
    "<details>": DETAILS,
    "<details open>": OPEN_DETAILS,
    "<summary>": SUMMARY,
    "</summary>": END_SUMMARY,
    "</details>": END_DETAILS,
}
# A heading is a block whatever stands before it and after it.
DISCLOSING = frozenset(_DISCLOSING.values())
_HEADING = f"###### {BLOCK}"

MAX_SUMMARY = 300
MAX_MARKERS = 40
MAX_COLUMNS = 128
_MARKUP = re.compile(r"(\\*)(<(?:(?i:https?://|mailto:)[^\s<>]*>|[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+>)?)")
_DESTINATION = re.compile(r"\](?:\(|:)[ \t]*\Z")
_MARKER = r"[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))"
_DEEP = re.compile(rf"(?:{_MARKER}){{{MAX_MARKERS}}}[ \t]*(?:(>)|(?:[-*+]|\d{{1,9}}[.)])([ \t]))")
_DELIMITERS = re.compile(r"[ \t>|:-]*-[ \t|:-]*")
_TAGS = re.compile(
    rf"^( {{0,3}})({LESS}/details>|(?:{LESS}details(?: open)?>)?{LESS}summary>[^\n]{{1,{MAX_SUMMARY}}}?{LESS}/summary>"
    rf"|{LESS}details(?: open)?>)(?=[ \t]*$)",
    re.MULTILINE,
)
_TO_PLAIN = str.maketrans(
    {LESS: "<", _LESS_ITSELF: LESS, DOLLAR: "$", CONTINUES: "", _QUOTE: ">", _SPACE: " ", _DASH: "-", BLOCK: ""}
    | {mark: tag for tag, mark in _DISCLOSING.items()}
)
_TO_SOURCE = str.maketrans({LESS: _LESS_ITSELF} | dict.fromkeys(("\0", *map(chr, range(0xFDD0, 0xFDDC))), "\ufffd"))


def plain(text: str) -> str:
    """Return the text with the stand-ins replaced by what they stand for."""
    return text if text.isascii() else text.replace(_HEADING, "").translate(_TO_PLAIN)


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
        return _with_disclosures(_readable(complete + newline))

    def open_line(self) -> str:
        """Return the open line as it would read if it ended here; it is as long as the line."""
        return _readable(self.partial.removesuffix("\r"))

    def last_line(self) -> str:
        """Return the open line as a whole one: the text ends with it."""
        return _with_disclosures(self.open_line())

    def preview(self) -> str:
        """Return the open line as it may be shown: the tags of a disclosure that are being typed are no text."""
        line = self.open_line()
        typed = plain(line).strip()
        if typed[:1] != "<" or len(typed) > MAX_SUMMARY:
            return line
        if any(tag.startswith(typed) for tag in ("<details open>", "<details><summary>", "<summary>", "</details>")):
            return ""
        return _with_disclosures(_disclosed_end(line))

    def drop(self, count: int) -> None:
        """Forget the first characters of the open line."""
        self.partial = self.partial[count:]


def _with_disclosures(text: str) -> str:
    """Make blocks of the lines that are the tags of a disclosure."""
    return _TAGS.sub(_disclosure, text) if f"{LESS}details" in text or f"{LESS}/" in text else text


def _disclosure(line: re.Match[str]) -> str:
    marked = line[2]
    for tag, mark in _DISCLOSING.items():
        marked = marked.replace(LESS + tag[1:], mark)
    return f"{line[1]}{_HEADING}{marked}"


def _disclosed_end(line: str) -> str:
    """Return a line whose summary is being typed with its end."""
    start, tag, title = line.partition(f"{LESS}summary>")
    return f"{start}{tag}{title.partition(LESS)[0]}{LESS}/summary>" if tag else line


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
