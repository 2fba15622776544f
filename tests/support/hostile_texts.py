"""Texts that once held the page's loop, and relatives: whatever a model or an import says, nobody else may wait."""

HOSTILE = {
    "spaces in a language with a slow lexer": "```autoit\n" + (" " * 1900 + "\n") * 4 + "```\n",
    "spaces in code": "```python\n" + " " * 3000 + "\n```\n",
    "fences": "~~~\n" * 5_000,
    "formulas": ("$" + "x_1+" * 496 + "$ ") * 30,
    "paragraphs": "some words of a paragraph\n\n" * 8_000,
    "table rows": "|a|\n|-|\n" + "|-|\n" * 10_000,
    "references": "[a] " * 10_000,
    "definitions": "".join(f"[r{number}]: https://e.x/{number}\n" for number in range(3_000)),
    "columns": "|" + "a|" * 900 + "\n|" + "-|" * 900 + "\n" + ("|" + "b|" * 900 + "\n") * 10,
    "quotes": ">" * 20_000 + "x",
    "emphasis": "*a" * 10_000,
    "code spans": "`a" * 10_000,
    "open formulas": "\\[\n" * 5_000,
    "deep list": "".join("  " * depth + "- a\n" for depth in range(200)),
    "one line": "x" * 200_000,
    "many codes": "```python\nx = {1: 2, 'a': [3]}\n```\n" * 500,
    "notes": "[^1] " * 5_000 + "\n\n[^1]: x",
}
