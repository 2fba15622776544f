"""Formulas: presentation MathML or the source, never anything else."""

import re

import pytest

from ui.markdown import mathml

HOSTILE = (
    "\\href{javascript:alert(1)}{x}",
    "\\class{x}{y}",
    "\\text{<script>alert(1)</script>}",
    "\\text{</math><img src=x onerror=alert(1)>}",
    "\\mathrm{&lt;img src=x onerror=alert(1)&gt;}",
    "\\style{background:url(//x.example)}{y}",
    "\\htmlClass{a}{b}",
    "\\url{https://x.example}",
    "\\includegraphics{https://x.example/a.png}",
    '\\color{"><img src=x>}{y}',
    "\\hspace{\"onload=alert(1)}",
    "<maction href=x>",
)  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_tex_yields_only_known_elements_and_attributes(source: str) -> None:
    markup = mathml.formula(source, is_display=False)
    tags = re.findall(r"<(?![/])([^\s>]+)([^>]*)>", markup)
    for name, attributes in tags:
        assert name in mathml.TAGS | {"code"}, markup
        names = re.findall(r"([\w-]+)=", re.sub(r'"[^"]*"', '""', attributes))
        assert set(names) <= mathml.ATTRIBUTES | {"class"}, markup


@pytest.mark.parametrize("source", ["\\frac{", "{" * 3000, "^" * 500, "", "x" * 5000, "\\left( x", "x_1_2"])
def test_what_cannot_be_converted_is_shown_as_its_source(source: str) -> None:
    assert mathml.formula(source, is_display=True) == f"<code class=tex>{source}</code>"


def test_a_formula_says_how_it_stands() -> None:
    assert mathml.formula("x", is_display=True).startswith("<math display=block>")
    assert mathml.formula("a < b", is_display=False).count("&lt;") == 1
