"""The unit: one character for the depth, then the HTML of whole nodes. Made and read here only."""

DEPTHS = "0123456789abcdef"
MAX_DEPTH = len(DEPTHS) - 1


def unit(depth: int, html: str) -> str:
    """Return a unit; what nests deeper than the limit stays at the limit."""
    return DEPTHS[min(depth, MAX_DEPTH)] + html


def depth_of(text: str) -> int:
    """Return the depth of a unit."""
    return DEPTHS.index(text[0])


def html_of(text: str) -> str:
    """Return the HTML of a unit."""
    return text[1:]
