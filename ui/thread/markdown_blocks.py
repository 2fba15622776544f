"""Markdown that goes into a larger document without changing what stands around it: pure.

What a text leaves open (a fence, a comment, `<details>`, `$$`) is closed at its end, and headings move below those of
the document. Blocks are told apart as CommonMark does, containers and tabs included, in one pass over the lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 50  # of quotes and lists; what is nested deeper is text
MAX_LEVEL = 6

_FENCE = re.compile(r"(`{3,})(?=[^`]*$)|(~{3,})")
_ITEM = re.compile(r"([-+*]|\d{1,9}[.)])(?=\s|$)")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_HEADING = re.compile(r"(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
# HTML that goes on over empty lines and what ends it; HTML that an empty line ends (CommonMark 0.31, 4.6).
_RAW = (
    (re.compile(r"<!--"), ("-->",)),
    (re.compile(r"<\?"), ("?>",)),
    (re.compile(r"<!\[CDATA\["), ("]]>",)),
    (re.compile(r"<![A-Za-z]"), (">",)),
    (
        re.compile(r"<(?:pre|script|style|textarea)(?=[\s>]|$)", re.IGNORECASE),
        ("</pre>", "</script>", "</style>", "</textarea>"),
    ),
)
_BLOCK_TAG = re.compile(
    r"</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl"
    r"|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main"
    r"|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title"
    r"|tr|track|ul)(?=[\s>]|/>|$)",
    re.IGNORECASE,
)
_LONE_TAG = re.compile(
    r"""(?:</[a-z][a-z0-9-]*\s*>|<[a-z][a-z0-9-]*(?:\s+[a-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*\s*/?>)$""",
    re.IGNORECASE,
)
_NESTED = "details|summary|div|section|article|aside|center|blockquote|table|ul|ol|dl|form|fieldset"
_TAG = re.compile(rf"<(/?)({_NESTED})(?=[\s/>])[^<>]*?(/?)>", re.IGNORECASE)
_TICKS = re.compile("`+")


@dataclass(slots=True)
class _Open:
    """A block that only its own end ends: the line that ends it, and what is looked for; without that an empty line."""

    closer: str = ""
    fence: str = ""
    ends: tuple[str, ...] = ()

    def is_ended_by(self, line: str) -> bool:
        bare = line.strip()
        if self.fence:
            is_code = len(line) - len(line.lstrip()) >= 4
            return not is_code and len(bare) >= len(self.fence) and not bare.strip(self.fence[0])
        return any(end in line.lower() for end in self.ends) if self.ends else not bare


@dataclass(slots=True)
class _Scan:
    """Where a pass over the lines is."""

    lines: list[str]
    containers: list[int] = field(default_factory=list)  # of an item how far its text is indented, of a quote 0
    leaf: _Open | None = None
    paragraph: int | None = None  # the line a paragraph began in
    formula: str = ""  # the line that ends an open one
    formula_depth: int = 0
    is_item_empty: bool = False  # of the innermost container, which the next empty line would end
    headings: list[tuple[int, int, int]] = field(default_factory=list)  # first line, last line, level
    prose: list[str] = field(default_factory=list)

    def run(self) -> None:
        for number, line in enumerate(self.lines):
            self._take(number, line.expandtabs(4))

    def _take(self, number: int, line: str) -> None:
        rest, kept = self._inside(line)
        is_inside = kept == len(self.containers)
        if kept < self.formula_depth:
            self.formula = ""
        if self.leaf and is_inside:
            self.prose.append("" if self.leaf.closer else rest)
            if self.leaf.is_ended_by(rest):
                self.leaf = None
            return
        if self.leaf:
            self.leaf = None
        began = self.paragraph
        rest, opened = self._opened(rest, may_interrupt=began is None or not is_inside)
        was_empty, self.is_item_empty = self.is_item_empty, False
        if not rest.strip():
            self.paragraph = None
            if opened:
                self.containers[kept:] = opened
                self.is_item_empty = opened[-1] > 0
            elif was_empty:
                self.containers.pop()
            return
        is_lazy = began is not None and not is_inside and not opened
        if is_lazy and not self._interrupts(rest):
            self.prose.append(rest)
            return
        self.containers[kept:] = opened
        self._take_leaf(number, rest, began if is_inside and not opened else None)

    def _take_leaf(self, number: int, rest: str, began: int | None) -> None:
        self.paragraph = None
        bare = rest.strip()
        if len(rest) - len(rest.lstrip(" ")) >= 4:  # code, unless a paragraph goes on
            self.paragraph = began
        elif began is not None and _UNDERLINE.match(bare):
            self._add_heading(began, number, 1 if bare[0] == "=" else 2)
        elif heading := _HEADING.match(bare):
            self._add_heading(number, number, len(heading[1]))
            self.prose += [bare, ""]
        elif _RULE.match(bare):
            return
        else:
            self.leaf = self._leaf(bare) or (None if began is not None else self._lone_tag(bare))
            self.prose.append("" if self.leaf and self.leaf.closer else bare)
            if bare.startswith("$$") or bare.endswith("$$"):
                self._turn_formula(bare.count("$$"))
            if self.leaf is None and not _ends_at_once(bare):
                self.paragraph = number if began is None else began

    def _leaf(self, bare: str) -> _Open | None:
        """Return the block that begins here, whatever stands before it."""
        inset = self._inset()
        if fence := _FENCE.match(bare):
            return _Open(inset + fence[0], fence=fence[0])
        for start, ends in _RAW:
            if found := start.match(bare):
                is_open = not any(end in bare[found.end() :].lower() for end in ends)
                return _Open(inset + ends[0], ends=ends) if is_open else None
        return _Open() if _BLOCK_TAG.match(bare) else None

    def _turn_formula(self, times: int) -> None:
        # Not every reader knows formulas: what begins here is a paragraph and yet may swallow what follows.
        if times % 2:
            self.formula = "" if self.formula else f"{self._inset()}$$"
            self.formula_depth = len(self.containers)

    def _inset(self) -> str:
        return "".join(" " * width if width else "> " for width in self.containers)

    def _lone_tag(self, bare: str) -> _Open | None:
        return _Open() if _LONE_TAG.match(bare) else None

    def _inside(self, line: str) -> tuple[str, int]:
        """Return what a line has behind the marks of the containers that go on in it, and how many these are."""
        for number, width in enumerate(self.containers):
            indent = len(line) - len(line.lstrip(" "))
            if width and (indent >= width or not line.strip()):
                line = line[width:]
            elif not width and indent < 4 and line[indent : indent + 1] == ">":
                line = line[indent + 1 :].removeprefix(" ")
            else:
                return line, number
        return line, len(self.containers)

    def _opened(self, line: str, *, may_interrupt: bool) -> tuple[str, list[int]]:
        """Return what a line has behind the marks of the containers that begin in it, and these."""
        opened: list[int] = []
        while len(self.containers) + len(opened) < MAX_DEPTH:
            indent = len(line) - len(line.lstrip(" "))
            bare = line[indent:]
            if indent >= 4:
                break
            item = _ITEM.match(bare)
            if bare.startswith(">"):
                opened.append(0)
                line = bare[1:].removeprefix(" ")
            elif item and not _RULE.match(bare.strip()) and (may_interrupt or opened or _interrupts(item[1], bare)):
                text = bare[item.end() :]
                spaces = len(text) - len(text.lstrip(" "))
                width = spaces if 1 <= spaces <= 4 and text.strip() else 1
                opened.append(indent + item.end() + width)
                line = text[width:]
            else:
                break
        return line, opened

    def _interrupts(self, rest: str) -> bool:
        """Say whether a line ends the paragraph of a container that it is not in."""
        bare = rest.strip()
        is_code = len(rest) - len(rest.lstrip(" ")) >= 4
        begins = _HEADING.match(bare) or _RULE.match(bare) or self._leaf(bare) or _ends_at_once(bare)
        return not is_code and bool(begins)

    def _add_heading(self, first: int, last: int, level: int) -> None:
        if not self.containers:
            self.headings.append((first, last, level))


def embedded(text: str, below: int = 2) -> str:
    """Return the text with nothing left open, its headings below those of level `below` of the document around it."""
    scan = _Scan(text.replace("\r\n", "\n").split("\n"))
    scan.run()
    lines = _lowered(scan, below)
    closers = filter(None, (scan.leaf.closer if scan.leaf else "", scan.formula))
    tags = [f"</{tag}>" for tag in _open_tags(scan.prose)]
    return "\n".join([*lines, *closers]) + "".join(f"\n\n{tag}" for tag in tags)


def _lowered(scan: _Scan, below: int) -> list[str]:
    by = below + 1 - min((level for *_, level in scan.headings), default=MAX_LEVEL)
    if by <= 0:
        return scan.lines
    lines: list[str | None] = [*scan.lines]
    for first, last, level in scan.headings:
        marks = "#" * min(MAX_LEVEL, level + by)
        said = " ".join(line.strip() for line in scan.lines[first : last + (first == last)])
        said = said[level:].strip() if first == last else said
        lines[first : last + 1] = [f"{marks} {said}".rstrip(), *[None] * (last - first)]
    return [line for line in lines if line is not None]


def _open_tags(prose: list[str]) -> Iterator[str]:
    """Yield the tags that are open at the end of a text without code, the last one first."""
    stack: list[str] = []
    for found in _TAG.finditer(_without_code("\n".join(prose))):
        name = found[2].lower()
        if not found[1] and not found[3]:
            stack.append(name)
        elif found[1] and name in stack:
            del stack[len(stack) - 1 - stack[::-1].index(name) :]
    return reversed(stack)


def _without_code(text: str) -> str:
    """Leave out the spans of code, which end with as many backticks as they begin with."""
    ticks = [*_TICKS.finditer(text)]
    following: dict[int, int] = {}
    ends: list[int | None] = [None] * len(ticks)
    for number in range(len(ticks) - 1, -1, -1):
        length = len(ticks[number][0])
        ends[number] = following.get(length)
        following[length] = number
    kept, start, number = [], 0, 0
    while number < len(ticks):
        end = ends[number]
        if end is not None:
            kept.append(text[start : ticks[number].start()])
            start, number = ticks[end].end(), end
        number += 1
    return "".join((*kept, text[start:]))


def _ends_at_once(bare: str) -> bool:
    """Say whether a line begins HTML that ends in it."""
    return any(start.match(bare) for start, _ in _RAW)


def _interrupts(marker: str, line: str) -> bool:
    """Say whether an item may follow a paragraph without an empty line."""
    return bool(line[len(marker) :].strip()) and (not marker[0].isdigit() or marker[:-1] == "1")
