"""What markdown looks like as units."""

import pytest

from ui.markdown.growing import GrowingMarkdown


def rendered(text: str) -> list[str]:
    growing = GrowingMarkdown()
    growing.append(text)
    growing.finish()
    return growing.finished


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("# One", ["0<h1>One</h1>"]),
        ("a *b* **c** ~~d~~", ["0<p>a <em>b</em> <strong>c</strong> <del>d</del></p>"]),
        ("a  \nb\nc", ["0<p>a<br>b\nc</p>"]),
        ("`a < b`", ["0<p><code>a &lt; b</code></p>"]),
        ("---", ["0<hr>"]),
        ("> a\n>\n> b", ["0<blockquote></blockquote>", "1<p>a</p>", "1<p>b</p>"]),
        ("> [!TIP]\n> a", ['0<blockquote class="alert tip"><p class=title>Tip</p></blockquote>', "1<p>a</p>"]),
        ("- a\n- b", ["0<ul></ul>", "1<li>a</li>", "1<li>b</li>"]),
        ("- a\n\n- b", ["0<ul></ul>", "1<li>a</li>", "1<li>b</li>"]),
        ("3. a", ["0<ol start=3></ol>", "1<li>a</li>"]),
        ("- a\n  - b", ["0<ul></ul>", "1<li></li>", "2<p>a</p>", "2<ul></ul>", "3<li>b</li>"]),
        ("- [x] a", ["0<ul></ul>", "1<li class=task><input type=checkbox disabled checked aria-label=Done> a</li>"]),
        ("[^1]: a", ["0<div class=footnote><sup>1</sup></div>", "1<p>a</p>"]),
        ("a[^1]", ["0<p>a<sup class=note>1</sup></p>"]),
        ("<p>x</p> &amp; <!-- y", ["0<p>&lt;p&gt;x&lt;/p&gt; &amp; &lt;!-- y</p>"]),
        ("[a](https://x.example)", ["0<p><a href=https://x.example>a</a></p>"]),
        ("[a](javascript:b)", ["0<p>a (javascript:b)</p>"]),
        ("![a](data:image/png;base64,AAAA)", ["0<p>a (data:image/png;base64,AAAA)</p>"]),
        ("costs $5-$10", ["0<p>costs $5-$10</p>"]),
    ],
)
def test_markdown_becomes_these_units(text: str, units: list[str]) -> None:
    assert rendered(text) == units


def test_a_table_is_a_frame_and_a_unit_for_each_row() -> None:
    frame, *rows = rendered("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert "<tr><th scope=col class=center>a</th><th scope=col class=right>b</th></tr>" in frame
    assert frame.endswith("<tbody data-slot></tbody></table></div>")
    assert rows == ["1<tr><td class=center>1</td><td class=right>2</td></tr>"]


def test_a_remote_image_is_a_button_that_names_the_host() -> None:
    (paragraph,) = rendered('![a "cat"](https://img.example/x.png)')
    assert "<button type=button class=image data-src=https://img.example/x.png data-alt=" in paragraph
    assert ">Show image from img.example: a &quot;cat&quot;</button>" in paragraph
    assert "<img" not in paragraph


@pytest.mark.parametrize("text", ["\\[\nx\n\\]", "$$\nx\n$$", "```math\nx\n```", "- \\[\n  x\n  \\]"])
def test_a_display_formula_is_mathml_of_its_own(text: str) -> None:
    assert rendered(text)[-1].endswith("<div class=math><math display=block><mi>x</mi></math></div>")


@pytest.mark.parametrize("text", ["$x$", "\\(x\\)", "\\( x \\)"])
def test_an_inline_formula_is_mathml_in_its_line(text: str) -> None:
    assert rendered(f"a {text} b") == ["0<p>a <math display=inline><mi>x</mi></math> b</p>"]


def test_a_formula_that_starts_a_line_with_a_minus_stays_one_formula() -> None:
    assert len(rendered("\\[\na\n- b\n= c\n\\]")) == 1


def test_dollars_and_brackets_inside_code_are_left_alone() -> None:
    assert rendered("`\\(x\\)` and `$y$`") == ["0<p><code>\\(x\\)</code> and <code>$y$</code></p>"]


def test_nesting_stops_at_the_limit() -> None:
    units = rendered("> " * 30 + "deep")
    assert units[-1] == "f<p>deep</p>"
    assert len(units) == 16


def test_markers_beyond_what_anybody_nests_are_text() -> None:
    assert rendered(">" * 100_000 + "deep")[-1].endswith("&gt;deep</span>")


def test_emphasis_inside_emphasis_stops_at_the_limit() -> None:
    nested = " ".join(["*a", "_a"] * 50) + " " + " ".join(["b_", "b*"] * 50)
    assert rendered(nested)[0].count("<em>") == 16
