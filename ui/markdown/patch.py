"""What has to be sent so that one list of units becomes another."""

from dataclasses import dataclass

from ui.markdown.units import depth_of

Patch = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Keep the first `keep` units, then set each `(index, UTF-16 units kept, what follows them)`."""

    keep: int
    patches: list[Patch]


def change(old: list[str], new: list[str], offset: int = 0) -> Change | None:
    """Return what makes `new` of `old`, or None when they are equal; indexes count from `offset`.

    A unit that contains others, or that moves to another depth, is set again with all that follows.
    """
    keep = min(len(old), len(new))
    patches: list[Patch] = []
    for index in range(keep):
        if old[index] == new[index]:
            continue
        if old[index][0] != new[index][0] or _contains(old, index) or _contains(new, index):
            keep = index
            break
        kept = common_length(old[index], new[index])
        patches.append((offset + index, utf16_length(new[index][:kept]), new[index][kept:]))
    patches += ((offset + index, 0, new[index]) for index in range(keep, len(new)))
    return Change(offset + keep, patches) if patches or keep < len(old) else None


def common_length(old: str, new: str) -> int:
    """Return how many characters two strings share from the start."""
    if new.startswith(old):
        return len(old)
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def utf16_length(text: str) -> int:
    """Return how long a text is for a browser, which counts a character beyond U+FFFF twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _contains(units: list[str], index: int) -> bool:
    return index + 1 < len(units) and depth_of(units[index + 1]) > depth_of(units[index])
