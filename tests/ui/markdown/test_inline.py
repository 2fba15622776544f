"""Emphasis beside CJK punctuation, bare addresses, harmless tags and the direction of a text."""

import pytest

from tests.support.documents import at_once


def inside(text: str) -> str:
    (unit,) = at_once(text)
    return unit.removeprefix("0<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("这是**“术语”**。", "这是<strong>“术语”</strong>。"),
        ("**注意：**正文", "<strong>注意：</strong>正文"),
        ("前文**（测试）**后文", "前文<strong>（测试）</strong>后文"),
        ("**50%**の人", "<strong>50%</strong>の人"),
        ("**「A」**なので**「B」**です。", "<strong>「A」</strong>なので<strong>「B」</strong>です。"),
        ("~~旧的。~~新的", "<del>旧的。</del>新的"),
        ("3~5天，7~9天", "3~5天，7~9天"),
        ("_a_<br>", "<em>a</em><br>"),
    ],
)
def test_emphasis_ends_where_its_writer_ended_it(text: str, expected: str) -> None:
    assert inside(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/b.", "see <a href=https://a.example/b>https://a.example/b</a>."),
        ("(https://a.example/b_(c))", "(<a href=https://a.example/b_(c)>https://a.example/b_(c)</a>)"),
        ("https://a.example。", "<a href=https://a.example>https://a.example</a>。"),
        ("https://a.example（说明）后", "<a href=https://a.example>https://a.example</a>（说明）后"),
        ("www.a.example", "<a href=http://www.a.example>www.a.example</a>"),
        ("a@b.example", "<a href=mailto:a@b.example>a@b.example</a>"),
        ("[r](<https://a.example/my report.pdf>)", "<a href=https://a.example/my%20report.pdf>r</a>"),
        ("<https://a.example>", "<a href=https://a.example>https://a.example</a>"),
        ("<javascript:alert(1)>", "&lt;javascript:alert(1)&gt;"),
    ],
)
def test_an_address_is_a_link_without_what_follows_it(text: str, expected: str) -> None:
    assert inside(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<br>b<br/>c<BR />d", "a<br>b<br>c<br>d"),
        ("H<sub>2</sub>O <kbd>Ctrl</kbd>", "H<sub>2</sub>O <kbd>Ctrl</kbd>"),
        ("<u>a **b** c</u>", "<u>a <strong>b</strong> c</u>"),
        ("<sub>open", "&lt;sub>open"),
        ("**<b>x**</b>", "<strong>&lt;b>x</strong>&lt;/b&gt;"),
        ("<b onclick=x>y</b>", "&lt;b onclick=x&gt;y&lt;/b&gt;"),
        ("`<br>` \\<br> &lt;br&gt;", "<code>&lt;br&gt;</code> &lt;br&gt; &lt;br&gt;"),
        ("a \\< b", "a &lt; b"),
    ],
)
def test_harmless_tags_in_pairs_are_tags_and_all_else_is_text(text: str, expected: str) -> None:
    assert inside(text) == expected


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("مرحبا in English", "0<p dir=rtl>"),
        ("**שלום**", "0<p dir=rtl>"),
        ("1. English مرحبا", "0<ol start=1>"),
        ("# سلام", "0<h1 dir=rtl>"),
        ("- עברית", "0<ul dir=rtl>"),
        ("> سلام", "0<blockquote dir=rtl>"),
        ("| א | b |\n|---|---|", "0<div class=table dir=rtl>"),
        ("123 `code` مرحبا", "0<p dir=rtl>"),
        ("$x$ 中文 مرحبا", "0<p>"),
    ],
)
def test_a_block_runs_as_its_first_strong_letter_does(text: str, start: str) -> None:
    assert at_once(text)[0].startswith(start)
