"""Formulas: presentation MathML or the source, never anything else."""

import re
import unicodedata
from collections import Counter
from html import unescape

import pytest

from tests.support.formulas import DRAWN
from ui.markdown import mathml

COMMANDS = re.compile(
    r"""\\(?:begin|end)\{[a-zA-Z]+\*?\}(?:\{[a-z|0-9]+\}|\[[a-z]\])?|\\label\{[^}]*\}|\\(?:text)?color\{\w+\}
    |\\\\\*?\[[^\]]*\]|\\[a-zA-Z]+""",
    re.VERBOSE,
)

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


def letters(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, unicodedata.normalize("NFKD", text)))


def test_the_corpus_is_large() -> None:
    assert len(set(DRAWN)) >= 200


@pytest.mark.parametrize("source", DRAWN)
def test_a_formula_that_models_write_is_drawn_with_all_its_letters(source: str) -> None:
    markup = mathml.formula(source, is_display=True)
    text = unescape(re.sub("<[^>]*>", "", markup))
    assert markup.startswith("<math display=block>")
    assert letters(COMMANDS.sub(" ", source)) <= letters(text)
    assert not re.search(r"\\[a-zA-Z]|\[-?\d+pt\]", text)


@pytest.mark.parametrize("words", ["100\\% sure", "Tom & Jerry", "a_b c", "cost \\$ 5", "x \\# y"])
def test_words_among_signs_keep_their_spaces(words: str) -> None:
    text = unescape(re.sub("<[^>]*>", "", mathml.formula(f"\\text{{{words}}}", is_display=False)))
    assert text.replace("\N{NO-BREAK SPACE}", " ") == words.replace("\\", "")


@pytest.mark.parametrize("source", ["\\ce{H2O}", "\\unknown{x}", "\\widetilde{x}", "\\quad"])
def test_what_the_converter_does_not_know_is_shown_as_it_is(source: str) -> None:
    assert mathml.formula(source, is_display=False) == f"<code class=tex>{source}</code>"


def test_rules_strokes_and_columns_are_classes_and_no_styles() -> None:
    source = "\\begin{array}{l|r} a & b \\\\ \\hline \\boxed{c} & \\cancel{d} \\end{array}"
    markup = mathml.formula(source, is_display=True)
    assert {"m-left", "m-right", "m-after", "m-top", "m-box", "m-up"} <= set(re.findall(r"m-[a-z]+", markup))
    assert " style=" not in markup
