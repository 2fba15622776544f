import pytest

from tests.support.documents import at_once
from ui.markdown.growing import GrowingMarkdown


def grown(text: str, size: int) -> list[str]:
    markdown = GrowingMarkdown()
    for at in range(0, len(text), size):
        markdown.append(text[at : at + size])
        markdown.open_units()
    markdown.finish()
    return markdown.finished


CASES = [
    (
        "<details>\n<summary>A *b*</summary>\n\ninside\n\n- a\n\n</details>\n\nafter",
        [
            "0<details><summary>A <em>b</em></summary></details>",
            "1",
            "1<p>inside</p>",
            "1<ul></ul>",
            "2<li>a</li>",
            "0",
            "0<p>after</p>",
        ],
    ),
    (
        "before\n<details open><summary>S</summary>\ntext\n</details>\nafter",
        [
            "0<p>before</p>",
            "0<details open><summary>S</summary></details>",
            "1<p>text</p>",
            "0",
            "0<p>after</p>",
        ],
    ),
    (
        "<details>\n\n- x\n</details>",
        ["0<details><summary>Details</summary></details>", "1<ul></ul>", "2<li>x</li>", "0"],
    ),
    (
        "<details><summary>A</summary>\n<details><summary>B</summary>\nb\n</details>\na\n</details>\nend",
        [
            "0<details><summary>A</summary></details>",
            "1<details><summary>B</summary></details>",
            "2<p>b</p>",
            "1",
            "1<p>a</p>",
            "0",
            "0<p>end</p>",
        ],
    ),
    (
        "- one\n\n  <details><summary>S</summary>\n\n  x\n\n  </details>\n- two",
        [
            "0<ul></ul>",
            "1<li></li>",
            "2<p>one</p>",
            "2<details><summary>S</summary></details>",
            "3<p>x</p>",
            "2",
            "1<li>two</li>",
        ],
    ),
    (
        "<details><summary>S</summary>\n\n[x]\n\n</details>\n\n[x]: https://e.example\n",
        ["0<details><summary>S</summary></details>", "1<p><a href=https://e.example>x</a></p>", "0"],
    ),
]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(("text", "units"), CASES)
def test_what_is_closed_is_folded_up_however_it_came(text: str, units: list[str], size: int) -> None:
    assert grown(text, size) == units


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_is_never_closed_swallows_nothing(size: int) -> None:
    units = ["0<p class=opens>S</p>", "0<p>text</p>", "0<p>more</p>"]
    assert grown("<details><summary>S</summary>\n\ntext\n\nmore", size) == units
    assert grown("stray\n\n</details>\n\nmore", size)[1:] == ["0<p class=closes>&lt;/details&gt;</p>", "0<p>more</p>"]


@pytest.mark.parametrize(
    "text",
    [
        "<details class=x>",
        "<details onclick=a()>",
        "<details><summary>S</summary>x</details>",
        "a <details>",
        "<summary>S",
    ],
)
def test_other_forms_are_text(text: str) -> None:
    shown = at_once(text)[0]
    assert shown[:4] == "0<p>"
    assert "&lt;" in shown


@pytest.mark.parametrize("code", ["```html\n{}\n```", "~~~\n{}", "- a\n\n  ```\n  {}\n  ```"])
def test_code_keeps_its_tags(code: str) -> None:
    for tags in ("<details>", "<details open>", "<summary>S</summary>", "</details>", "<details><summary>S</summary>"):
        shown = "".join(at_once(code.format(tags)))
        assert "###" not in shown
        assert shown.count("&lt;") == tags.count("<")


def test_while_it_is_typed_no_tag_is_shown() -> None:
    markdown, shown = GrowingMarkdown(), []
    for letter in "<details>\n<summary>Title</summary>\n\ntext\n</details>\n\nafter":
        markdown.append(letter)
        shown.append("".join(markdown.finished + markdown.open_units()))
    assert not any("&lt;" in each for each in shown)
    assert any("Tit<" in each for each in shown)


@pytest.mark.parametrize(
    "text", ["<details>\n" * 3000 + "</details>\n" * 3000, "<details>\n\nx\n\n</details>\n" * 1500]
)
def test_nesting_without_end_is_bounded(text: str) -> None:
    units = at_once(text)
    assert max(int(each[0], 16) for each in units) <= 6


def test_a_text_that_holds_the_marks_holds_no_disclosure() -> None:
    assert at_once("###### \ufddb\ufdd6\n\nx\n\n###### \ufddb\ufdda\n") == [
        "0<h6>\ufffd\ufffd</h6>",
        "0<p>x</p>",
        "0<h6>\ufffd\ufffd</h6>",
    ]
