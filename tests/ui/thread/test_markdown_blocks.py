"""A text within an exported document leaves its headings and what follows it as they are, as a real parser sees it."""

import random

import comrak
import pytest
from comrak import AstNode

from tests.ui.thread.test_thread_file import MESSAGES, THREAD
from ui.thread.markdown_blocks import embedded
from ui.thread.thread_file import to_markdown

OPEN = [
    "```",
    "```python\nprint(1)",
    "~~~\ncode",
    "`````md\n```\ninner\n```",
    "~~~~~~\n~~~\n```",
    "   ```\ncode",
    "text\n```\ncode",
    "> ```\n> code",
    "> > ~~~\n> > code",
    "- item\n\n  ```\n  code",
    "- ```\n  code",
    "1. step\n   ```bash\n   cmd",
    "10. step\n\n    ```\n    cmd",
    "-\t```\n\tcode",
    ">\t```\n>\tcode",
    "> - ```\n>   code",
    "- > ```\n  > code\n\ntext",
    "* a\n  * b\n    ```\n    code",
    "```\ncode\n``` not closed",
    "```\ncode\n    ```",
    "<!-- a comment",
    "<!-- a\n\nb",
    "<pre>\ncode\n\nmore",
    "<script>\nx()",
    "<?php\n\necho",
    "<![CDATA[\n\nx",
    "<style>\n\np {}",
]
CLOSED = [
    "```\ncode\n```",
    "``` a`b",
    "    ```\n    indented",
    "text\n    ```",
    "`<details>` is a tag",
    "```\n<details>\n```",
    "> ```\n> code\n\nafter",
    "- ```\n  code\n\nafter",
    "costs $$ and $5",
    "$$\nx\n$$",
    "$$x$$",
    "<details><summary>a</summary>\n\nb\n\n</details>",
    "<!-- all -->",
    "~~gone~~",
    "### below",
    "#hash",
]


def blocks(document: str) -> list[AstNode]:
    extensions = comrak.ExtensionOptions(table=True)
    return list(comrak.parse_document(document, extension_options=extensions).children)


def said(node: AstNode) -> str:
    value = node.node_value
    return value.value if isinstance(value, comrak.Text) else "".join(map(said, node.children))


def outline(document: str) -> list[str]:
    found = [node for node in blocks(document) if isinstance(node.node_value, comrak.Heading)]
    return [said(node) for node in found if node.node_value.value.level <= 2]


def between(text: str) -> str:
    return f"# Title\n\n## You\n\n{embedded(text)}\n\n## Answer\n\nafter"


@pytest.mark.parametrize("text", [*OPEN, *CLOSED])
def test_what_a_text_leaves_open_ends_with_it(text: str) -> None:
    document = between(text)
    assert outline(document) == ["Title", "You", "Answer"]
    assert said(blocks(document)[-1]) == "after"


@pytest.mark.parametrize("text", CLOSED)
def test_a_text_that_leaves_nothing_open_is_as_it_was(text: str) -> None:
    assert embedded(text) == text


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("<details>\n<summary>More</summary>\n\nhidden", "hidden\n\n</details>"),
        ("<div><table>\n\nx", "x\n\n</table>\n\n</div>"),
        ("<DETAILS open>\n\nx\n\n<details>\n\ny\n\n</details>", "</details>\n\n</details>"),
        ("$$\nx = 1", "x = 1\n$$"),
        ("> $$\n> x", "> x\n> $$"),
        ("> ```\n> code", "> code\n> ```"),
        ("- ```\n  code", "  code\n  ```"),
        ("~~~~\ncode", "code\n~~~~"),
    ],
)
def test_the_end_is_written_as_the_beginning(text: str, end: str) -> None:
    assert embedded(text).endswith(end)


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("# One\n\n## Two\n\ntext", "### One\n\n#### Two\n\ntext"),
        ("## You\n\n### Three", "### You\n\n#### Three"),
        ("One\n===\n\nTwo\nlines\n---", "### One\n\n#### Two lines"),
        ("# a\n###### f", "### a\n###### f"),
        ("```\n# comment\n```", "```\n# comment\n```"),
        ("    # code", "    # code"),
        ("> # quoted", "> # quoted"),
        ("### fine\n#### so", "### fine\n#### so"),
        ("# C#", "### C#"),
        ("- a\n---", "- a\n---"),
    ],
)
def test_headings_move_below_those_of_the_document(text: str, lowered: str) -> None:
    assert embedded(text) == lowered


def test_lines_of_every_kind_in_any_order_change_nothing_around_them() -> None:
    lines = [line for text in (*OPEN, *CLOSED) if "</" not in text for line in text.split("\n")]
    lines += ["", "", "Title", "=====", "---", "- a", "  - b", "2) z", "* * *", "> q", "# H", "| a |", "|---|", "\tx"]
    order = random.Random(7)
    for _ in range(1500):
        text = "\n".join(order.choice(lines) for _ in range(order.randint(1, 6)))
        document = between(text)
        assert outline(document) == ["Title", "You", "Answer"], text
        assert said(blocks(document)[-1]) == "after", text


@pytest.mark.parametrize("kind", ["text", "reasoning"])
def test_every_message_of_an_export_is_told_from_the_others(kind: str) -> None:
    parts = [{"type": kind, "text": "# You\n\n```python\n## Answer"}]
    question = {**MESSAGES[0], "parts": [{"type": "text", "text": "~~~\n# Which?"}]}
    document = to_markdown(THREAD, [question, {**MESSAGES[1], "parts": parts}], None)
    assert outline(document + "\n## End") == ["Wine & cheese", "System prompt", "You", "Answer", "End"]


def test_a_title_reads_as_it_is_written() -> None:
    for title in (
        "__init__",
        "List<String>",
        "*args",
        "~~a~~",
        "a `b` c",
        "C#",
        "Number #",
        r"C:\temp\*",
        "R&amp;D",
        "x\ny",
    ):
        document = to_markdown(type(THREAD)("t", title), MESSAGES, None)
        assert outline(document)[0] == " ".join(title.split()), title
