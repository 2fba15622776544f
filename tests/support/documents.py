"""Markdown that models write: what the tests of growing text cut at every place."""

from ui.markdown.formulas import fenced
from ui.markdown.growing import GrowingMarkdown
from ui.markdown.render import rendered
from ui.markdown.source import Source

EVERYTHING = """\
# Title with *emphasis*

A paragraph with **bold**, `a < b`, a <b>tag</b>, [a link](https://example.com/a "title"), https://example.com/b_(c).
It goes on, with $x^2$ and \\(y_1\\); that costs $5-$10.[^1]

- [x] done
- [ ] to do
  - nested
    ```py
    def f(): return 1
    ```
- loose

  with a second paragraph

1. one
2. two

| left | right |
|:-----|------:|
| 1 | `2` |
| 3 | **4** |

> [!NOTE]
> A note.

> a quote
> - with a list

```python
def f(x: int) -> str:
    \"\"\"Say
    it.\"\"\"
    return "a < b"  # done
```

\\[
x = \\frac{a}{b}
- y
\\]

~~~
no language
~~~

![picture](https://img.example/x.png) and [^2]

---

    indented code

[^1]: The note.
[ref]: https://example.com/ref

A [ref] and a [later] one.

[later]: https://example.com/later
"""

HALF_TYPED = (
    "an **open bold\n\nnext",
    "a `code that never ends",
    "[text](https://example.com",
    "![alt](https://example.com/x.png",
    "$$\nx = 1",
    "```python\ndef f():",
    "| a | b |\n|---",
    "- a\n-",
    "text\n===",
    "<div onclick=alert(1)",
    "\\(x_1",
    "> > > deep",
    "\\[ a \\",
)

QUIRKS = (
    "a\r\nb\r\n\r\n```\r\ncode\r\n```\r\n",
    "- a\n\n\n- b\n* c\n1) d\n2. e\n",
    "para\n    not code\n\n    code\n\n\tcode\n",
    "```` \n```\n````\nafter\n```",
    "- a\n  ```\n  open in an item\nafter\n",
    "a | b\n--|--\n1 | 2\nno pipe\n\nafter\n",
    "Setext\n---\nafter\n***\n+ x\n",
    "<!-- open\n\n**still markdown**\n\n<script>\nalert(1)\n",
    "[a]: /x\n[b]: https://b.example 'B'\n\n[a] [b] [B][b] [c]\n\n[c]: https://c.example\n",
    "\\[\nfirst\n\nsecond\n\\]\n\n- \\[\n  x\n  \\]\n",
    "😀 中文 **粗体** `代码`\n\n| 表 | 头 |\n|---|---|\n| 一 | 二 |\n",
    "[^1]: note\n    more\n\n    and more\n\nafter[^1]\n",
    "\x00 \ufdd0 \ufdd1 \ud83d \u2028 \x0b end",
    "&amp; &lt; &copy; &#x3c; \\< \\& \\*",
    "1. a\n   1. b\n      1. c\n         - d\n",
    "> a\nlazy\n> b\n\n> c\n",
    "".join(f"{'>' * depth} {depth}\n" for depth in range(1, 40)),
    "".join(f"{'  ' * depth}- {depth}\n" for depth in range(40)),
    ("word " * 30 + "\n") * 60,
    "x" * 5000 + "\nafter\n",
    "```js\n" + "let a = 1; // one\n" * 900 + "```\nafter\n",
    "```mermaid\ngraph LR\nA-->B\n```\n",
)

ALL = (EVERYTHING, *HALF_TYPED, *QUIRKS)


def at_once(text: str) -> list[str]:
    """Return the units of a text that came whole."""
    growing = GrowingMarkdown()
    growing.append(text)
    growing.finish()
    return growing.finished


def piece_by_piece(text: str, sizes: list[int]) -> list[str]:
    """Return the units of a text that came in pieces of these sizes, drawn after each."""
    growing = GrowingMarkdown()
    position, turn = 0, 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        growing.append(text[position : position + size])
        growing.open_units()
        position, turn = position + size, turn + 1
    growing.finish()
    return growing.finished


def as_parsed(text: str) -> list[str]:
    """Return the units of a text that the parser read as a whole, which knows no cuts; it ends every line."""
    source = Source()
    lines = source.feed(text) + source.open_line()
    return rendered(fenced(lines).text, {}, {}, is_final=True)
