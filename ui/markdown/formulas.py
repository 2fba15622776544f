"""Display formulas that blocks would break: where `$$` or `\\[` begins a line, all up to the closing becomes a fence.

Inside such a formula a line may begin with `-`, `+`, `=` or be empty, and CommonMark would make lists, headings and
paragraphs of it. Where a line of a paragraph begins, and whether `$$` is text there, the parser says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import comrak
from comrak import AstNode

from ui.markdown.parser import Tree, nodes, parsed

MAX_LINES = 60
MAX_SIZE = 2_000
MAX_FORMULAS = 200
INFO = "math"
_FENCE = "`````"
_CLOSING = {"$$": re.compile(r"(?<!\\)\$\$"), "\\[": re.compile(r"(?<!\\)(?:\\\\)*(\\\])")}
_ENDS = re.compile(r"[ \t>]*(?:`{3,}|~{3,}|#{1,6}[ \t]|\\\[)")
_MARKERS = re.compile(r"[-*+]|\d{1,9}[.)]")
_WORDS = re.compile(r"\\[a-zA-Z]*(?:text|math|operatorname|label|tag|mbox)[a-zA-Z]*\*?\s*\{[^{}]*\}|\\[a-zA-Z]+")
_PROSE = re.compile(r"(?:\b[^\W\d_]{2,}\b[ ,.;:]+){4}|[\u3040-\u30ff\u3400-\u9fff]{8}")


@dataclass(frozen=True, slots=True)
class Opener:
    """A delimiter that begins a line of a paragraph.

    `line` and `column` count from 0, `margin` is the column of the paragraph and `last_line` the line it ends in. What
    the paragraph closes itself is the parser's: a code span may still contain it.
    """

    line: int
    column: int
    delimiter: str
    margin: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Fenced:
    """A text whose formulas are fences; the one that is still open begins at the line `open_line`."""

    text: str
    open_line: int | None = None


def fenced(text: str, *, is_preview: bool = False) -> Fenced:
    """Return the text with its display formulas as fences.

    A formula that is still open is closed for a preview, and otherwise only named: what begins there is undecided
    until it ends, or until it is too long for a formula.
    """
    passed = 0
    for _ in range(MAX_FORMULAS):
        if "$$" not in text and "\\[" not in text:
            break
        lines = text.split("\n")
        found = _first(lines, passed)
        if found is None:
            break
        opener, end = found
        if end is None and not is_preview:
            return Fenced(text, opener.line)
        replacement = _as_fence(lines, opener, end)
        after = len(lines) if end is None else end[0] + 1
        passed = opener.line + len(replacement)
        text = "\n".join((*lines[: opener.line], *replacement, *lines[after:]))
        if end is None:
            return Fenced(text, opener.line)
    return Fenced(text)


def _first(lines: list[str], passed: int) -> tuple[Opener, tuple[int, int, int] | None] | None:
    """Return the first formula from a line on, and line, start and end of its closing; None while there is none."""
    for opener in _openers(parsed("\n".join(lines), {}), lines):
        if opener.line < passed:
            continue
        end = _closing(lines, opener)
        if end is not None and end[0] <= opener.last_line:
            continue
        if end is None and _may_go_on(lines, opener):
            return opener, None
        if end is not None:
            return opener, end
    return None


def _openers(tree: Tree, lines: list[str]) -> Iterator[Opener]:
    for block in tree.blocks:
        for node in nodes(block):
            if isinstance(node.node_value, comrak.Paragraph) or _is_setext(node):
                yield from _openers_in(node, tree.first_line, lines)


def _is_setext(node: AstNode) -> bool:
    return isinstance(node.node_value, comrak.Heading) and node.node_value.value.setext


def _openers_in(paragraph: AstNode, first_line: int, lines: list[str]) -> Iterator[Opener]:
    begins_line = True
    for node in paragraph.children:
        value = node.node_value
        if begins_line and isinstance(value, comrak.Text) and value.value.startswith(("$$", "[")):
            line, column = node.sourcepos.start.line - first_line, node.sourcepos.start.column - 1
            column -= value.value[0] == "["
            delimiter = lines[line][column : column + 2] if column >= 0 else ""
            if delimiter in _CLOSING:
                margin = min(column, paragraph.sourcepos.start.column - 1)
                yield Opener(line, column, delimiter, margin, paragraph.sourcepos.end.line - first_line)
        begins_line = isinstance(value, comrak.SoftBreak | comrak.LineBreak)


def _closing(lines: list[str], opener: Opener) -> tuple[int, int, int] | None:
    """Return line, start and end of the closing delimiter of what is a formula, or None."""
    size = 0
    for number in range(opener.line, min(len(lines), opener.line + MAX_LINES)):
        start = opener.column + 2 if number == opener.line else 0
        if number > opener.line and _ENDS.match(lines[number]):
            return None
        if found := _CLOSING[opener.delimiter].search(lines[number], start):
            begin = found.start(found.lastindex or 0)
            content = "\n".join((*lines[opener.line : number], lines[number][:begin]))[opener.column + 2 :]
            return (number, begin, found.end()) if _is_formula(content) else None
        size += len(lines[number])
        if size > MAX_SIZE:
            return None
    return None


def _may_go_on(lines: list[str], opener: Opener) -> bool:
    """Whether lines that have not come yet could close the formula; the last line is empty, or has not ended."""
    rest = lines[opener.line :]
    content = "\n".join(rest)[opener.column + 2 :]
    is_bounded = len(rest) < MAX_LINES and len(content) <= MAX_SIZE
    return is_bounded and _is_formula(content) and not any(map(_ENDS.match, rest[1:]))


def _is_formula(content: str) -> bool:
    """Whether this is TeX and not a label in escaped brackets, or words between two stray dollars."""
    head = content.split("\n", 1)[0].replace("\\]", "")
    if head.count("]") > head.count("[") or _FENCE in content:
        return False
    return "\n\n\n" not in content and not _PROSE.search(_WORDS.sub(" ", content))


def _as_fence(lines: list[str], opener: Opener, end: tuple[int, int, int] | None) -> list[str]:
    before = lines[opener.line][: opener.margin]
    margin = _MARKERS.sub(lambda marker: " " * len(marker[0]), before)
    last, start, stop = end or (len(lines) - 1, len(lines[-1]), len(lines[-1]))
    content = [*lines[opener.line : last], lines[last][:start]]
    content[0] = content[0][opener.column + 2 :]
    shown = [margin + line.lstrip(" \t>") for line in content if line.strip(" \t>")]
    after = lines[last][stop:].strip() if end else ""
    return [f"{before}{_FENCE}{INFO}", *shown, f"{margin}{_FENCE}", *([margin + after] if after else [])]
