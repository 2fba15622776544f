"""The unit: one character for the depth, then the HTML of whole nodes."""

DEPTHS = "0123456789abcdef"
MAX_DEPTH = len(DEPTHS) - 1

Memo = dict[tuple[str, str], str]
"""What was rendered for an open block: (language or kind, source) → HTML."""


def unit(depth: int, html: str) -> str:
    """Return a unit; what nests deeper than the limit stays at the limit."""
    return DEPTHS[min(depth, MAX_DEPTH)] + html


def without_end_tags(text: str) -> str:
    """Return a unit without the end tags it ends with: the browser adds them, and text that grows stays a prefix."""
    while text.endswith(">") and (start := text.rfind("<")) >= 0 and text[start + 1] == "/":
        text = text[:start]
    return text


def depth_of(text: str) -> int:
    """Return the depth of a unit."""
    return DEPTHS.index(text[0])
