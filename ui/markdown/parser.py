"""Markdown to a tree: CommonMark and GFM, TeX in dollars, `\\(…\\)` and `\\[…\\]`, emphasis beside CJK punctuation.

Comrak parses, because it knows all of these; pulldown-cmark lacks the last two.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import comrak
from comrak import AstNode

from ui.markdown.source import DOLLAR

Definitions = Mapping[str, tuple[str, str]]
"""The link references known so far: normalized label → address and title."""

MAX_REJECTED = 6
_EXTENSIONS = comrak.ExtensionOptions(
    strikethrough=True,
    table=True,
    autolink=True,
    tasklist=True,
    footnotes=True,
    alerts=True,
    math_dollars=True,
    math_latex=True,
    cjk_friendly_emphasis=True,
)
_PARSING = comrak.ParseOptions(leave_footnote_definitions=True, sourcepos_chars=True)
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.){1,200})\](?!\()")
_WORD = re.compile(r"\b(?!sin|cos|tan|log|ln|exp|max|min|mod|lim|det)[^\W\d_]{2,}[,.;:]?\s")
_TEX = re.compile(r"[\\^_{}=]")
DEFINED = re.compile(r"^[ \t>]*\[((?:[^\[\]\\^]|\\.)(?:[^\[\]\\]|\\.){0,199})\]:", re.MULTILINE)
_NOTE = re.compile(r"\[\^(\d{1,3})\](:?)")


@dataclass(frozen=True, slots=True)
class Tree:
    """The blocks of a text; the first of its lines is `first_line` of the parser's count."""

    blocks: list[AstNode]
    first_line: int

    def line_of(self, node: AstNode) -> int:
        """Return the number of the line that a node begins in, from 0."""
        return node.sourcepos.start.line - self.first_line


def parsed(text: str, definitions: Definitions) -> Tree:
    """Return the tree of a text, in which money is not taken for a formula."""
    prelude = _prelude(text, definitions)
    first_line = prelude.count("\n") + 1
    for _ in range(MAX_REJECTED):
        root = _root(prelude + text)
        rejected = _rejected(root, text, first_line) if "$" in text else []
        if not rejected:
            break
        text = _without_dollars(text, rejected)
    else:
        root = _root(prelude + text.replace("$", DOLLAR))
    return Tree([node for node in root.children if node.sourcepos.start.line >= first_line], first_line)


def ends_in_code(text: str) -> bool:
    """Whether what a text ends in is code, which takes nothing for markdown."""
    if not any(sign in text for sign in ("```", "~~~", "    ", "\t")):
        return False
    children = parsed(text, {}).blocks
    last = None
    while children:
        last = children[-1]
        children = last.children
    return (
        last is not None
        and isinstance(last.node_value, comrak.CodeBlock)
        and not (last.node_value.value.fenced and last.node_value.value.closed)
    )


def labels(text: str) -> set[str]:
    """Return what a text may refer to: the normalized contents of its brackets."""
    if "]" not in text:
        return set()
    text = DEFINED.sub("", text) if "]:" in text else text
    return {normalized(found) for found in _LABEL.findall(text)}


def normalized(label: str) -> str:
    """Return a label as CommonMark compares it (0.31.2, section 4.7)."""
    return " ".join(label.split()).casefold()


def nodes(root: AstNode) -> Iterator[AstNode]:
    """Yield a node and all below it, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _root(text: str) -> AstNode:
    """Return the tree of a text without its references upwards: comrak's cycles are never collected (0.2.8)."""
    root = comrak.parse_document(text if text.endswith("\n") else f"{text}\n", _EXTENSIONS, _PARSING)
    for node in nodes(root):
        node.parent = None
    return root


def _prelude(text: str, definitions: Definitions) -> str:
    """Return what has to stand before a text for its references and notes to be known; it ends in an empty line."""
    known = [(label, *definitions[label]) for label in sorted(labels(text) & definitions.keys())] if definitions else []
    notes = _NOTE.findall(text) if "[^" in text else []
    if not known and not notes:
        return ""
    used = {note for note, colon in notes if not colon} - (defined := {note for note, colon in notes if colon})
    lines = [f"[^{note}]\n\n" for note in sorted(defined)]
    lines += [f"[^{note}]: .\n\n" for note in sorted(used)]
    # A definition after the notes keeps an indented text from becoming part of the last of them.
    lines += ["[.]: .\n"]
    lines += [f'[{label}]: <{_escaped(url)}> "{_escaped(title)}"\n' for label, url, title in known]
    return "".join((*lines, "\n"))


def _escaped(text: str) -> str:
    return re.sub(r'([\\<>"&])', r"\\\1", text.replace("\n", " "))


def _rejected(root: AstNode, text: str, first_line: int) -> list[tuple[int, int]]:
    """Return line and column, from 0, of dollars that open something which is no formula."""
    lines = text.split("\n")
    found = []
    for node in nodes(root):
        value = node.node_value
        if not isinstance(value, comrak.Math) or value.value.display_math:
            continue
        start, end = node.sourcepos.start, node.sourcepos.end
        line, last = lines[start.line - first_line], lines[end.line - first_line]
        opening = line[start.column - 1 : start.column + 1]
        if opening != "\\(" and not _is_formula(
            value.value.literal, line[: start.column - 1][-1:], last[end.column :][:1]
        ):
            found.append((start.line - first_line, start.column - 1))
    return found


def _is_formula(source: str, before: str, after: str) -> bool:
    """Whether what stands between dollars is a formula, and not the words between two prices or variables."""
    if "`" in source or not source.strip() or (_WORD.search(source) and not _TEX.search(source)):
        return False
    if after.isalnum() and source[-1] not in "})]'" and not source[-1].isalnum():
        return False
    return not (before.isalnum() and source[0] in ",./;:)-")


def _without_dollars(text: str, places: list[tuple[int, int]]) -> str:
    lines = text.split("\n")
    for line, column in places:
        old = lines[line]
        if old[column : column + 1] != "$":
            # The parser is off by the lines of a definition that begins the same paragraph.
            return text.replace("$", DOLLAR)
        lines[line] = old[:column] + DOLLAR + old[column + 1 :]
    return "\n".join(lines)
