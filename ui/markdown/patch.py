"""What has to be sent so that one list of units becomes another."""

from dataclasses import dataclass

from ui.markdown.units import depth_of

Patch = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Drop `dropped` units; then for each patch: how far the unit is from the end, UTF-16 units dropped, what follows.

    A patch 0 from the end adds a unit. All numbers count from the end, where texts grow: there they stay short.
    """

    dropped: int
    patches: list[Patch]


def change(old: list[str], new: list[str]) -> Change | None:
    """Return what makes `new` of `old`, or None when they are equal.

    A unit that contains others, or that moves to another depth, is set again with all that follows.
    """
    keep = min(len(old), len(new))
    changed: list[int] = []
    for index in range(keep):
        if old[index] == new[index]:
            continue
        if old[index][0] != new[index][0] or _contains(old, index) or _contains(new, index):
            keep = index
            break
        changed.append(index)
    patches = [(keep - index, *_tail(old[index], new[index])) for index in changed]
    patches += ((0, 0, unit) for unit in new[keep:])
    return Change(len(old) - keep, patches) if patches or keep < len(old) else None


def _tail(old: str, new: str) -> tuple[int, str]:
    kept = common_length(old, new)
    return utf16_length(old[kept:]), new[kept:]


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
