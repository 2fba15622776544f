import re

import pytest

from tests.support.processes import ROOT
from ui import theme

CSS = theme.style()
PAIRS = [
    ("ink", "paper"),
    ("ink", "bubble"),
    ("ink", "surface"),
    ("ink-soft", "paper"),
    ("ink-soft", "surface"),
    ("ink-soft", "raised"),
    ("accent", "paper"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("error", "error-soft"),
    ("error", "paper"),
    ("ink", "error-soft"),
]


def palette(selector: str) -> dict[str, str]:
    block = CSS.split(f"{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("selector", [":root", ':root[data-theme="dark"]'])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(selector: str, text: str, ground: str) -> None:
    colours = palette(selector)
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_nothing_is_fetched_from_elsewhere() -> None:
    head = theme.head_html().replace("http://www.w3.org/2000/svg", "")
    assert "http" not in head
    assert "@import" not in head


def test_every_sheet_has_one_place_in_the_cascade() -> None:
    assert sorted(theme.SHEETS) == sorted(path.stem for path in theme.FOLDER.glob("*.css"))


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r"^\.icon-([a-z-]+) \{", CSS, re.MULTILINE))
    used: set[str] = set()
    for path in (ROOT / "ui").rglob("*.py"):
        calls = re.findall(r"(?:icon=|add_icon\()([^,)]*)", path.read_text(encoding="utf-8"))
        used |= set(re.findall(r'"([a-z-]+)"', " ".join(calls)))
    for path in (ROOT / "ui").rglob("*.js"):
        used |= set(re.findall(r'[ "]icon-([a-z-]*[a-z])["\s]', path.read_text(encoding="utf-8")))
    assert {"send", "stop", "copy", "warning", "stopped"} <= used
    assert used <= drawn
