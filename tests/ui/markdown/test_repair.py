"""Half-typed markdown does not flash: it is completed while it grows and literal once it is finished."""

import pytest

from ui.markdown.growing import GrowingMarkdown


def growing(text: str) -> str:
    markdown = GrowingMarkdown()
    markdown.append(text)
    return "".join(unit[1:] for unit in markdown.finished + markdown.open_units())


def finished(text: str) -> str:
    markdown = GrowingMarkdown()
    markdown.append(text)
    markdown.finish()
    return "".join(unit[1:] for unit in markdown.finished)


@pytest.mark.parametrize(
    ("text", "while_growing", "at_the_end"),
    [
        ("a **bold", "<p>a <strong>bold</strong></p>", "<p>a **bold</p>"),
        ("a **bold*", "<p>a <strong>bold</strong></p>", "<p>a *<em>bold</em></p>"),
        ("***both", "<p><em><strong>both</strong></em></p>", "<p>***both</p>"),
        ("a *it", "<p>a <em>it</em></p>", "<p>a *it</p>"),
        ("a **", "<p>a</p>", "<p>a **</p>"),
        ("~~gone", "<p><del>gone</del></p>", "<p>~~gone</p>"),
        ("a `code", "<p>a <code>code</code></p>", "<p>a `code</p>"),
        ("a `", "<p>a</p>", "<p>a `</p>"),
        ("see [the te", "<p>see the te</p>", "<p>see [the te</p>"),
        ("see [text](https://x.exam", "<p>see text</p>", None),
        ("![alt](https://x.exam", "", None),
        ("a ![al", "<p>a</p>", "<p>a ![al</p>"),
        ("**see [te", "<p><strong>see te</strong></p>", "<p>**see [te</p>"),
        ("#", "", "<h1></h1>"),
        ("text\n##", "<p>text</p>", "<p>text</p><h2></h2>"),
        ("text\n-", "<p>text</p>", "<h2>text</h2>"),
        ("text\n==", "<p>text</p>", "<h1>text</h1>"),
        ("- a\n-", "<ul></ul><li>a</li>", "<ul></ul><li>a</li><li></li>"),
        ("- [", "", "<ul></ul><li>[</li>"),
        ("12.", "", "<ol start=12></ol><li></li>"),
        ("a\n``", "<p>a</p>", "<p>a\n``</p>"),
        ("snake_case and a * b", "<p>snake_case and a * b</p>", "<p>snake_case and a * b</p>"),
        ("it costs $5", "<p>it costs $5</p>", "<p>it costs $5</p>"),
        ("**done**", "<p><strong>done</strong></p>", "<p><strong>done</strong></p>"),
    ],
)
def test_a_half_typed_end_is_completed_and_later_literal(text: str, while_growing: str, at_the_end: str | None) -> None:
    assert growing(text) == while_growing
    assert at_the_end is None or finished(text) == at_the_end


@pytest.mark.parametrize("text", ["$x_1 + ", "so \\(x_1", "a $$x_1"])
def test_a_half_typed_formula_is_drawn_as_one(text: str) -> None:
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in growing(text)


@pytest.mark.parametrize("text", ["| a | b", "| a | b |", "| a | b |\n", "| a | b |\n|-", "| a | b |\n|---|--"])
def test_the_first_line_of_a_table_is_its_head_at_once(text: str) -> None:
    assert "<th scope=col>a</th><th scope=col>b</th>" in growing(text)


@pytest.mark.parametrize("text", ["```", "```py", "a\n~~~"])
def test_the_line_that_opens_a_fence_waits_for_its_end(text: str) -> None:
    assert "code" not in growing(text)


def test_code_shows_its_last_line_while_it_is_typed_but_not_a_closing_fence() -> None:
    assert growing("```\nfoo(").count("foo(") == 1
    assert "`" not in growing("```\nfoo\n``")


def test_nothing_is_completed_in_code_inside_a_list() -> None:
    assert "**x\n" in growing("- a\n  ```\n  **x\n")
