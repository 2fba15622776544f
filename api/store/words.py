"""A text as what can be looked up in it, in any script: pure.

Brackets, quotes and the punctuation of sentences stand between words as spaces do. Other signs belong to names
(`C++`, `.NET`, `--force`, `10%`), symbols stand for themselves, an emoji with all that changes it. A word is letters,
digits and the marks that belong to them, vowel signs and accents; a run is of a script without spaces between words.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_SIGN = f"[{re.escape('!#$%&*+-./:<=>?@^_|~' + chr(92))}]"
_LETTER = f"[^\\s{_SIGN[1:]}"
_START = f"(?<!{_LETTER})"
_SYMBOLS = (
    "\xa2-\xa9\xac\xae-\xb1\xb4\xb6\xb8\xd7\xf7\u2044\u2052\u20a0-\u20cf\u2100-\u2bff\u3012\u3020\u303f"
    "\U0001d100-\U0001d24f\U0001f000-\U0001faff"
)
_JOINER = "\u200d"
_DRAWN = f"[{_SYMBOLS}][\U0001f3fb-\U0001f3ff]?"

BETWEEN = str.maketrans(dict.fromkeys(["\x7f", *map(chr, range(32)), *"\"'(),;[]`{}"], " "))
# Of Chinese and Japanese, where no space follows them.
FULL_STOPS = "\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u2026"
ENDS = ".:!?"
MOST_REPLACED = 50
VARIANT = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # how a character is drawn
# Accents, and the points of Hebrew and Arabic, which are written or left out; not the vowel signs of India.
MARK = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0730-\u074a\u08d3-\u08e1\u08e3-\u08ff\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff]"
)
# Letters that are one with another to whoever cannot type them, and have no decomposition that says so.
ALIKE = {"æ": "ae", "œ": "oe", "þ": "th"} | dict(zip("ıøłđħŧðىیکة", "ioldhtdييكه", strict=True))  # noqa: RUF001
UNLIKE = re.compile(f"[{''.join(ALIKE)}]")
# Of scripts that put no spaces between words.
RUN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
SYMBOL = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|{_DRAWN}(?:{_JOINER}{_DRAWN})*+")
WORD = re.compile(f"{_LETTER}++")
# A letter before a sign that makes it another name is none by itself: there is no `C` in `C++`, but in `**C**`.
BARE = re.compile(
    f"{_LETTER}{{2,}}+|[0-9](?!{_LETTER})|(?<=[*~])[^\\W\\d_](?=[*~])|{_START}{_LETTER}(?!{_LETTER}|[#$%*+@\\\\^~])"
)
ALONE = re.compile(f"{_START}(?<!{_SIGN}){_LETTER}++(?!{_SIGN})")
BEFORE_SIGN = re.compile(f"{_START}{_LETTER}++{_SIGN}")
AFTER_SIGN = re.compile(f"{_SIGN}{_LETTER}++")
SIGNS = re.compile(f"(?=({_SIGN}{{2}}))")


class Words(NamedTuple):
    """What a text is made of, each once."""

    pieces: list[str]  # words, with the signs that touch them
    runs: list[str]
    symbols: list[str]


def words_of(text: str) -> Words:
    """Return the words of a text without case, and what in it is no word."""
    runs, symbols = [], []
    if text.isascii():
        text = text.lower().translate(BETWEEN)
    else:
        text = _plain(text)
        symbols = SYMBOL.findall(text)
        text = SYMBOL.sub(" ", text).replace(_JOINER, "") if symbols else text
        runs = RUN.findall(text)
        text = RUN.sub(" ", text) if runs else text
    return Words([piece.rstrip(ENDS) for piece in dict.fromkeys(text.split())], runs, symbols)


def folded(words: Iterable[str]) -> list[str]:
    """Return words as those write them who leave out accents and vowel points."""
    lines = "\n".join(words)
    if lines.isascii():
        return lines.split("\n") if lines else []
    bare = MARK.sub("", unicodedata.normalize("NFKD", lines))
    return unicodedata.normalize("NFKC", UNLIKE.sub(lambda found: ALIKE[found[0]], bare)).split("\n")


def _plain(text: str) -> str:
    for stop in FULL_STOPS:
        text = text.replace(stop, " ")
    composed = unicodedata.normalize("NFKC", text)
    caseless = composed.casefold()
    if caseless != composed:
        caseless = unicodedata.normalize("NFKC", caseless)
    caseless = caseless.replace("i\u0307", "i").replace("ـ", "")
    others = {char: _kept(char) for char in set(caseless) if not char.isalnum()}
    changed = {char: kept for char, kept in others.items() if kept != char}
    if len(changed) > MOST_REPLACED:
        return caseless.translate({ord(char): kept for char, kept in changed.items()})
    for char, kept in changed.items():
        caseless = caseless.replace(char, kept)
    return caseless


def _kept(char: str) -> str:
    """Return what becomes of a character that is no letter and no digit."""
    if char.isascii():
        return " " if ord(char) in BETWEEN else char
    if char == _JOINER or SYMBOL.match(char):
        return char
    category = unicodedata.category(char)
    if category[0] == "M":
        return "" if VARIANT.match(char) else char
    return "" if category == "Cf" else " "
