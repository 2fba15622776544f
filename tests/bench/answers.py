"""Answers of any size for the benchmarks of the page, with a marker word every few lines."""

from collections.abc import Callable, Iterator
from itertools import count

PROSE = (
    "A **growing answer** is parsed again only where it still grows, so `append` costs the same after a page as after "
    "a line; see [the notes](https://example.com/notes) and *try it* with $n^2$ items {m}. The rest stays as it is."
)
CODE = '''def pour_{m}(glass: Glass, *, limit: int = 10) -> str:
    """Fill a glass until it is full."""
    if glass.level > limit:
        raise ValueError(f"too full: {{glass.level}}")  # never spill
    return glass.name.upper()
'''
ROW = "| {m} | `decode` | 11 µs | **faster** than the row above |\n"


def mixed() -> Iterator[str]:
    """Yield what chat answers are made of, again and again."""
    for number in count(1):
        yield f"## Part {number}\n\n"
        for _ in range(3):
            yield PROSE + "\n\n"
        yield "- first {m} with *emphasis*\n- second with `code`\n  - nested {m}\n- [x] done\n\n"
        yield f"```python\n{CODE}\n{CODE}```\n\n"
        yield "| step | call | cost | note |\n|---|---|---:|---|\n" + ROW * 4 + "\n"
        yield PROSE + "\n\n1. one {m}\n2. two\n3. three {m}\n\n> quoted {m}\n\n\\[ \\frac{{a}}{{b}} + x_1 \\]\n\n"


def fence() -> Iterator[str]:
    """Yield one code block."""
    yield "```python\n"
    while True:
        yield CODE + "\n"


def bullets() -> Iterator[str]:
    """Yield one list."""
    while True:
        yield "- an item {m} with **bold** text and `code`\n"


def table() -> Iterator[str]:
    """Yield one table."""
    yield "| step | call | cost | note |\n|---|---|---:|---|\n"
    while True:
        yield ROW


def paragraph() -> Iterator[str]:
    """Yield one paragraph without a line end."""
    while True:
        yield PROSE + " "


KINDS: dict[str, Callable[[], Iterator[str]]] = {
    each.__name__: each for each in (mixed, fence, bullets, table, paragraph)
}


def answer(kind: str, size: int) -> str:
    """Return an answer of about `size` characters with markers `m00000q`, `m00001q` …"""
    parts: list[str] = []
    marker = count()
    length = 0
    for part in KINDS[kind]():
        pieces = part.split("{m}")
        text = pieces[0] + "".join(f"m{next(marker):05d}q{piece}" for piece in pieces[1:])
        parts.append(text.replace("{{", "{").replace("}}", "}"))
        length += len(parts[-1])
        if length >= size:
            return "".join(parts)
    raise AssertionError("the kinds never end")
