"""Money is no formula, and what is between two prices stays markdown."""

import pytest

from tests.support.documents import at_once
from ui.markdown.parser import labels, nodes, parsed


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Budget between **$1,000** and **$2,000**.", "<strong>$1,000</strong> and <strong>$2,000</strong>"),
        ("Pay **$5** now, **$10** later.", "<strong>$5</strong> now, <strong>$10</strong> later"),
        ("Old: ~~$20~~ New: **$15**", "<del>$20</del> New: <strong>$15</strong>"),
        ("[$27 billion](https://e.x/a) and [$7 billion](https://e.x/b)", "href=https://e.x/a>$27 billion</a> and <a"),
        ("Cost ($5) vs `cost` ($6)", "Cost ($5) vs <code>cost</code> ($6)"),
        ("Use $HOME or `$PATH` here.", "Use $HOME or <code>$PATH</code> here."),
        ("$AAPL/$MSFT and 5$, 10$", "$AAPL/$MSFT and 5$, 10$"),
        ("from $5k-$10k, US$20/US$30, \\$5 and \\$6", "from $5k-$10k, US$20/US$30, $5 and $6"),
        ("价格是$5到$10。", "价格是$5到$10。"),
    ],
)
def test_money_stays_as_it_is_written(text: str, inside: str) -> None:
    assert inside in "".join(at_once(text))


@pytest.mark.parametrize(
    "text", ["$x$", "the $n$th, $k$-means", "2$x$", "($a$)", "\\(x\\)", "\\[x\\]", "$$x$$", "|$a$|"]
)
def test_a_formula_is_one(text: str) -> None:
    assert "<math" in "".join(at_once(text))


def test_code_is_never_changed() -> None:
    assert "grep '\\(foo\\)' file" in "".join(at_once("a\n\n    grep '\\(foo\\)' file\n"))
    assert "<code>\\(x\\)</code>" in "".join(at_once("``a `b`` `\\(x\\)`"))
    assert "<math" in at_once("> ```\n> open\n\nlater \\(x\\)")[-1]


def test_labels_are_what_a_text_may_refer_to() -> None:
    assert labels("[A  b] [c](d) [e][f] [g\\]h]") == {"a b", "e", "f", "g\\]h"}


def test_the_nodes_of_a_tree_do_not_keep_each_other() -> None:
    """The collector does not know the parser's cycles."""
    tree = parsed("- a\n  - *b*\n", {})
    assert all(node.parent is None for block in tree.blocks for node in nodes(block))
