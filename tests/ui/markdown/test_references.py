"""References are links wherever their definitions stand, and no address is lost."""

from tests.support.documents import at_once, piece_by_piece
from ui.markdown.drawing import Drawing


def test_a_definition_at_the_end_makes_links_of_what_came_before() -> None:
    text = "See [the paper][1], [2] and [none].\n\n- [2]\n\n[1]: https://a.example/1\n[2]: https://a.example/2 'T'\n"
    paragraph, _, item = at_once(text)
    assert "<a href=https://a.example/1>the paper</a>" in paragraph
    assert "<a href=https://a.example/2 title=T>2</a> and [none]" in paragraph
    assert "<a href=https://a.example/2 title=T>" in item
    assert piece_by_piece(text, [1]) == at_once(text)


def test_a_definition_that_nothing_uses_is_shown() -> None:
    assert at_once("a\n\n[1]: https://a.example/1\n")[1] == (
        "0<p>[1]: <a href=https://a.example/1>https://a.example/1</a></p>"
    )
    assert "href=https://a.example" in at_once("[a]: https://a.example\n")[0]


def test_a_definition_that_is_used_later_is_hidden_then() -> None:
    units = at_once("x\n\n[a]: https://a.example\n\nsee [a]\n\nmore\n")
    assert units == ["0<p>x</p>", "0", "0<p>see <a href=https://a.example>a</a></p>", "0<p>more</p>"]


def test_the_browser_gets_what_a_definition_changes() -> None:
    drawing = Drawing()
    for piece in ("see [a]\n\n", "between\n\n", "[a]: https://a.example\n\n", "after"):
        drawing.frame(piece)
    drawing.frame("", is_last=True)
    assert drawing.shown.units[0] == "0<p>see <a href=https://a.example>a"
    assert drawing.shown.units[-1] == "0<p>after"


def test_many_references_are_bounded() -> None:
    text = "".join(f"[x{number}] " for number in range(5000)) + "\n\n"
    text += "".join(f"[x{number}]: https://a.example/{number}\n" for number in range(5000))
    assert "href=https://a.example/1>" in "".join(at_once(text))
