"""Reasoning that servers without a parser for it leave in the text: `<think>…</think>` where the answer begins.

Anywhere else the tags are text: in code, in a question about them, after the first word.
"""

import re

_OPENING = re.compile(r"\s*<(think|thinking|thought|seed:think)>\n?")
_NAMES = ("<think>", "<thinking>", "<thought>", "<seed:think>")


class ThinkTags:
    """Splits the text of an answer, which comes in any pieces, into reasoning and text."""

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        self._is_decided = False
        self._is_after = False

    @property
    def is_inside(self) -> bool:
        """Whether what comes is reasoning, as far as is known."""
        return bool(self._closing) or not self._is_decided

    @property
    def is_past(self) -> bool:
        """Whether all that comes is text."""
        return self._is_decided and not self._closing and not self._is_after

    def split(self, text: str) -> tuple[str, str]:
        """Return the reasoning and the text that are sure by now."""
        if self.is_past:
            return "", text
        self._held += text
        if not self._is_decided and not self._decide():
            return "", ""
        if self._closing:
            return self._inside()
        return "", self._rest()

    def flush(self) -> tuple[str, str]:
        """Return what was held: the answer has ended."""
        held, self._held = self._held, ""
        return (held, "") if self._closing else ("", held)

    def _decide(self) -> bool:
        if found := _OPENING.match(self._held):
            self._held = self._held[found.end() :]
            self._closing = f"</{found[1]}>"
        elif _could_open(self._held):
            return False
        self._is_decided = True
        return True

    def _inside(self) -> tuple[str, str]:
        reasoning, closing, rest = self._held.partition(self._closing)
        if closing:
            self._closing, self._held, self._is_after = "", rest, True
            return reasoning, self._rest()
        kept = next(
            (size for size in range(len(self._closing) - 1, 0, -1) if self._held.endswith(self._closing[:size])), 0
        )
        reasoning, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return reasoning, ""

    def _rest(self) -> str:
        """Return the text after the tag, without the empty lines between."""
        text, self._held = (self._held.lstrip() if self._is_after else self._held), ""
        self._is_after = self._is_after and not text
        return text


def _could_open(text: str) -> bool:
    begun = text.lstrip()
    return len(text) < 200 and (not begun or any(name.startswith(begun) for name in _NAMES))
