"""A thread's title: the beginning of its first message, because a title has to be there when the answer is."""

import re
import unicodedata

MAX_TITLE_CHARS = 60

# A line of these alone is a rule, a fence or an empty heading, and says nothing.
_RULE = " #*_`>~|-"
# What would show a title as another text than it is: controls, and what turns the direction of all that follows.
_HIDDEN = re.compile("[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]+")
_JOINER = "\u200d"
_REGIONAL = "".join(map(chr, range(0x1F1E6, 0x1F200)))
# Letters of Korean that are written apart: leading consonants, vowels with what follows them.
_LEADING, _FOLLOWING, _SYLLABLES = range(0x1100, 0x1160), range(0x1160, 0x1200), range(0xAC00, 0xD7A4)


def title_of(text: str) -> str:
    """Return the first line of a message that says something, as it is written; a long one is cut at a word."""
    lines = (" ".join(_HIDDEN.sub("", line).split()) for line in text.splitlines())
    line = next((line for line in lines if _is_said(line)), "")
    if len(line) <= MAX_TITLE_CHARS:
        return line
    cut = line[: _last_border(line, MAX_TITLE_CHARS)]
    spaced = cut if line[len(cut)] == " " else cut.rpartition(" ")[0]
    return (spaced if len(spaced) > MAX_TITLE_CHARS // 2 else cut).rstrip(" ,;:") + "…"


def _is_said(line: str) -> bool:
    return any(unicodedata.category(char) not in ("Cf", "Zs") for char in line.strip(_RULE))


def _last_border(line: str, limit: int) -> int:
    """Return the last place before `limit` between two characters as a person sees them; within one that is longer."""
    return next((at for at in range(limit, 0, -1) if not _belong_together(line, at)), limit)


def _belong_together(line: str, at: int) -> bool:
    """Say whether what is before and behind a place is one character, by and large the rules of Unicode's annex 29."""
    before, after = line[at - 1], line[at]
    if unicodedata.category(after)[0] == "M" or _JOINER in (before, after) or after in "\u0e33\u0eb3\u200c":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if after in _REGIONAL:
        return (at - len(line[:at].rstrip(_REGIONAL))) % 2 == 1
    # A virama joins two consonants of India.
    if unicodedata.combining(before) == 9 and unicodedata.category(after) == "Lo":
        return True
    is_korean = ord(before) in _LEADING or ord(before) in _FOLLOWING or ord(before) in _SYLLABLES
    return is_korean and (ord(after) in _FOLLOWING or (ord(before) in _LEADING and ord(after) in _SYLLABLES))
