"""What is too long to be read again is cut, and shows what it would have shown."""

import re
from html import unescape

import pytest

from tests.support.documents import at_once
from ui.markdown.cutting import cut


def text_of(units: list[str]) -> str:
    return unescape(re.sub(r"<[^>]*>", "", "".join(unit[1:] for unit in units)))


@pytest.mark.parametrize(
    "text", ["word " * 3000, "中文字" * 3000, "a - b\n" * 3000, "x" * 20_000, "# " + "long " * 2000]
)
def test_a_long_paragraph_keeps_its_text(text: str) -> None:
    units = at_once(text)
    assert text_of(units) == text.removeprefix("# ").rstrip()
    assert {unit[:2] for unit in units[1:]} == {"1<"}
    assert all(unit.startswith("1<span>") for unit in units[1:])


def test_a_long_address_is_one_link() -> None:
    url = "https://e.x/?" + "signature=" + "0123456789abcdef" * 1500
    assert f'<a href="{url}">' in "".join(at_once(f"see {url} now")) or f"<a href={url}>" in "".join(
        at_once(f"see {url} now")
    )
    assert f"href={url}>" in "".join(at_once(f"[a]({url}) now")).replace('"', "")


def test_a_long_table_row_stays_one_row() -> None:
    rows = at_once(f"| a | b |\n|---|---|\n| {'x' * 6000} | y |\n| 1 | 2 |\n")
    assert len(rows) == 3
    assert rows[1].endswith("<td>y</td></tr>")


def test_what_follows_the_cut_of_an_item_is_in_the_item() -> None:
    units = at_once("- item\n" + "  a paragraph\n\n" * 2000 + "- next\n")
    assert units[:2] == ["0<ul></ul>", "1<li></li>"]
    assert set(units[2:-1]) == {"2<p>item\na paragraph</p>", "2<p>a paragraph</p>"}
    assert units[-1] == "1<li>next</li>"


def test_code_in_an_item_goes_on_in_its_frame() -> None:
    units = at_once("- a\n\n  ```\n" + "  line\n" * 5000 + "  ```\n\n  after\n")
    assert sum("class=code" in unit for unit in units) == 1
    assert text_of(units).count("line\n") == 5000
    assert units[-1] == "2<p>after</p>"


def test_nothing_short_is_cut() -> None:
    assert cut("", "word " * 150) is None
    assert cut("", "- item\n" + "  para\n\n" * 500) is None
