"""A thread's title: the beginning of its first message, because a title has to be there when the answer is."""

import re

MAX_TITLE_CHARS = 60

_EMPHASIS = re.compile(r"(?<!\w)[*_`~]+|[*_`~]+(?!\w)")
_MARKUP = re.compile(r"[#>|\[\]]+")


def title_of(text: str) -> str:
    """Return the first sentence or line of a message, cut at a word, without markup."""
    line = next((line for line in text.splitlines() if line.strip(" #*_`>~|-")), "")
    words = " ".join(_MARKUP.sub(" ", _EMPHASIS.sub("", line)).split())
    if len(words) <= MAX_TITLE_CHARS:
        return words
    cut = words[:MAX_TITLE_CHARS]
    spaced = cut.rpartition(" ")[0]
    return (spaced if len(spaced) > MAX_TITLE_CHARS // 2 else cut).rstrip(",;:") + "…"
