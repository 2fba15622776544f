"""`<details>` and `<summary>` of models: their lines become blocks, which fold up what is between them.

A disclosure is one only when it is closed; until then, and if it never is, its summary is a line before what follows,
so that nothing is ever swallowed. Its units are those of its text, a level deeper.
"""

import re

from ui.markdown.source import DETAILS, END_DETAILS, OPEN_DETAILS, SUMMARY
from ui.markdown.units import depth_of, unit

MAX_NESTED = 6
_LABEL = "Details"
_UNIT = re.compile(r"(.)<p class=(opens|opens-shown|summary|closes)[ >]")
_TITLE = re.compile(r".<p class=[a-z-]+( dir=rtl)?>(.*)</p>", re.DOTALL)


def block(text: str, *, is_rtl: bool | None) -> str:
    """Return the HTML of the tags of a disclosure, from their marks and the summary as HTML."""
    direction = " dir=rtl" if is_rtl else ""
    for tag, kind in ((DETAILS, "opens"), (OPEN_DETAILS, "opens-shown")):
        if text.startswith(tag):
            return f"<p class={kind}{direction}>{text[1:].removeprefix(SUMMARY)}</p>"
    if text.startswith(END_DETAILS):
        return "<p class=closes>&lt;/details&gt;</p>"
    return f"<p class=summary{direction}>{text[1:]}</p>"


class Disclosures:
    """The disclosures that are open among units of one depth."""

    def __init__(self) -> None:
        self._opened: list[int] = []
        self._ignored = 0

    @property
    def is_open(self) -> bool:
        """Whether a closing tag would close something."""
        return bool(self._opened)

    def take(self, units: list[str], start: int, depth: int) -> int | None:
        """Look at units from `start` on; return where units before have changed, because they are folded up now."""
        changed = None
        for at in range(start, len(units)):
            found = _UNIT.match(units[at])
            if found is None or depth_of(units[at]) != depth:
                continue
            if found[2].startswith("opens"):
                self._open(at)
            elif found[2] == "closes" and (opened := self._close()) is not None:
                _fold(units, opened, at, depth)
                changed = opened if changed is None else min(changed, opened)
        return changed

    def _open(self, at: int) -> None:
        if len(self._opened) < MAX_NESTED:
            self._opened.append(at)
        else:
            self._ignored += 1

    def _close(self) -> int | None:
        if self._ignored:
            self._ignored -= 1
            return None
        return self._opened.pop() if self._opened else None


def folded(units: list[str], start: int, depth: int) -> None:
    """Fold up every disclosure that is closed among the units from `start` on."""
    Disclosures().take(units, start, depth)


def shifted(units: list[str], levels: int) -> list[str]:
    """Return units so many levels deeper."""
    return [unit(depth_of(each) + levels, each[1:]) for each in units] if levels else units


def _fold(units: list[str], opened: int, closed: int, depth: int) -> None:
    shown = " open" if units[opened].startswith("<p class=opens-shown", 1) else ""
    title = _title(units[opened])
    units[closed] = unit(depth, "")
    inside = shifted(units[opened + 1 : closed], 1)
    if not title and inside and units[opened + 1].startswith("<p class=summary", 1):
        title, inside[0] = _title(units[opened + 1]), unit(depth + 1, "")
    units[opened] = unit(depth, f"<details{shown}><summary>{title or _LABEL}</summary></details>")
    units[opened + 1 : closed] = inside


def _title(text: str) -> str:
    found = _TITLE.fullmatch(text)
    return found[2] if found else ""
