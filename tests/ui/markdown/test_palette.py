"""The colours of code and of the text around it can be read: WCAG AA, 4.5 to 1, in light and dark."""

import re
from pathlib import Path

import pytest

import ui

CSS = (Path(ui.__file__).parent / "elements/markdown/markdown.css").read_text(encoding="utf-8")
PALETTES = dict(zip(("light", "dark"), re.findall(r"\.markdown \{(.*?)\}", CSS, re.DOTALL)[:2], strict=True))


def colours(palette: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+): (?:var\(--[\w-]+, )?(#[0-9a-f]{6})", palette))


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", PALETTES)
def test_every_colour_of_code_stands_out_from_its_ground(mode: str) -> None:
    found = colours(PALETTES[mode])
    code = {name: colour for name, colour in found.items() if name.startswith("--code-")}
    assert len(code) == 8
    for name, colour in {**code, "ink": found["--markdown-ink"], "soft": found["--markdown-soft"]}.items():
        assert contrast(colour, found["--markdown-raised"]) >= 4.5, f"{mode} {name}"
