"""The harmless HTML that models write: a line break and a few tags without attributes, in pairs."""

import re

from ui.markdown.source import LESS

TAGS = frozenset(("sub", "sup", "kbd", "mark", "u", "s", "del", "ins", "b", "i", "strong", "em", "small", "code"))
TAG = re.compile(rf"{LESS}(/?)({'|'.join(sorted((*TAGS, 'br'), key=len, reverse=True))})[ \t]*(/?)>", re.IGNORECASE)


class Pairs:
    """Tags that are open in the inside of one block: those that are never closed stay text."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._open: list[tuple[str, int, int]] = []

    def take(self, tag: re.Match[str], level: int) -> bool:
        """Write one tag, inside this many others; False if it is text."""
        name = tag[2].lower()
        if name == "br":
            self._parts.append("<br>")
            return True
        if tag[3]:
            return False
        if not tag[1]:
            self._open.append((name, level, len(self._parts)))
            self._parts.append(f"&lt;{tag[0][1:]}")
            return True
        if not self._open or self._open[-1][:2] != (name, level):
            return False
        _, _, at = self._open.pop()
        self._parts[at] = f"<{name}>"
        self._parts.append(f"</{name}>")
        return True

    def leave(self, level: int) -> None:
        """Take tags as text that were opened inside of what ends now."""
        while self._open and self._open[-1][1] > level:
            self._open.pop()

    def close(self) -> None:
        """Close what is open at the end of a text that still grows."""
        while self._open and self._open[-1][1] == 0:
            name, _, at = self._open.pop()
            self._parts[at] = f"<{name}>"
            self._parts.append(f"</{name}>")
