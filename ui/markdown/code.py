"""Code as units: a frame with a header, then groups of highlighted lines, each group a unit of its own.

Code is highlighted as a whole when it is finished. While it grows, and where it is long, each group is highlighted on
its own, so that a line costs the same at the end of 200 KB as at the beginning.

A lexer is a list of patterns, and some take minutes for a few lines of spaces. So only these are used, which take less
than 50 ms for whatever repeats (tests/ui/markdown/test_lexers.py), and none for lines that nobody reads.
"""

import html
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType

from ui.markdown import mathml
from ui.markdown.languages import NAMES
from ui.markdown.units import Memo, unit

GROUP_LINES = 24
GROUP_SIZE = 1_500
MAX_WHOLE = 3_000
MAX_DIAGRAM = 8_000
MAX_LINE = 500
MAX_EMPTY_LINES = 30
MAX_ESCAPED_QUOTES = 150

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_UNREADABLE = re.compile(rf"[^\n]{{{MAX_LINE + 1}}}|\n(?:[ \t]*+\n){{{MAX_EMPTY_LINES}}}")

_CLASSES: dict[_TokenType, str] = {
    Token.Comment: "c",
    Token.Comment.Preproc: "d",
    Token.Generic.Deleted: "gd",
    Token.Generic.Heading: "gh",
    Token.Generic.Inserted: "gi",
    Token.Generic.Subheading: "gh",
    Token.Keyword: "k",
    Token.Keyword.Constant: "m",
    Token.Literal: "m",
    Token.Literal.String: "s",
    Token.Name.Attribute: "a",
    Token.Name.Builtin: "b",
    Token.Name.Class: "f",
    Token.Name.Constant: "m",
    Token.Name.Decorator: "d",
    Token.Name.Exception: "b",
    Token.Name.Function: "f",
    Token.Name.Tag: "k",
    Token.Name.Variable: "v",
    Token.Operator.Word: "k",
}


def block(text: str, language: str, depth: int, memo: Memo, *, is_final: bool) -> list[str]:
    """Return the units of a code block that is not a fence of the top level."""
    if language == "math":
        return [formula(text, depth, is_final=is_final)]
    is_diagram = is_final and language == "mermaid" and len(text) <= MAX_DIAGRAM
    lexer = lexer_for(language)
    if is_final and len(text) <= MAX_WHOLE:
        found = whole(text, lexer)
    else:
        found = [_remembered("".join(group), language, lexer, memo) for group in groups(lines_of(text))]
    return [frame(language, depth, is_diagram=is_diagram), *(group_unit(group, depth) for group in found)]


def frame(language: str, depth: int, *, is_diagram: bool = False) -> str:
    """Return the unit that holds the groups of a code block: header, Copy button and the place for the lines."""
    kind = '"code diagram"' if is_diagram else "code"
    return unit(
        depth,
        f"<div class={kind}><div class=bar><span>{html.escape(language)}</span><button type=button class=copy "
        'aria-label="Copy code">Copy</button></div><pre><code data-slot></code></pre></div>',
    )


def group_unit(markup: str, depth: int) -> str:
    """Return one group of lines as a unit inside its frame."""
    return unit(depth + 1, f"<span class=lines>{markup}</span>")


def formula(text: str, depth: int, *, is_final: bool) -> str:
    """Return a display formula as a unit; while it grows, its source."""
    shown = mathml.formula(text, is_display=True) if is_final else f"<code class=tex>{html.escape(text)}</code>"
    return unit(depth, f"<div class=math>{shown}</div>")


def language_of(info: str) -> str:
    """Return the language that the info string of a fence names."""
    return info.strip().partition(" ")[0].strip("{}.")[:30]


def lexer_for(language: str) -> Lexer | None:
    """Return the lexer of a language, or None when there is none that is known to be quick."""
    name = NAMES.get(language.lower())
    return _lexer(name) if name else None


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


def whole(code: str, lexer: Lexer | None) -> list[str]:
    """Return the groups of code that was highlighted as a whole."""
    coloured = iter(lines_of(highlighted(code, lexer, MAX_WHOLE)))
    return ["".join(islice(coloured, len(group))) for group in groups(lines_of(code))]


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends."""
    return _LINE.findall(text)


def groups(lines: list[str]) -> Iterator[list[str]]:
    """Cut lines into groups, which end at an empty line or when they are long."""
    group: list[str] = []
    for line in lines:
        group.append(line)
        if is_complete(group):
            yield group
            group = []
    if group:
        yield group


def is_complete(group: list[str]) -> bool:
    """Whether the next line begins another group."""
    return len(group) >= GROUP_LINES or not group[-1].strip() or sum(map(len, group)) >= GROUP_SIZE


def highlighted(code: str, lexer: Lexer | None, limit: int = 2 * GROUP_SIZE) -> str:
    """Return code as HTML in which no element crosses a line end; beyond the limit without colours."""
    if lexer is None or len(code) > limit or is_unreadable(code):
        return html.escape(code, quote=False)
    try:
        return "".join(_coloured(lexer.get_tokens(code)))
    except Exception:  # noqa: BLE001 - hundreds of lexers, any of which may stumble over a model's code
        return html.escape(code, quote=False)


def is_unreadable(code: str) -> bool:
    """Whether this is code that nobody reads and that makes lexers look at the same text again and again."""
    return bool(_UNREADABLE.search(code)) or code.count('\\"') > MAX_ESCAPED_QUOTES


def _coloured(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[str]:
    """Write neighbours of one colour as one element."""
    kind, pending = "", ""
    for token, text in tokens:
        found = _class(token) if text.strip() else kind
        if found != kind:
            yield _span(pending, kind)
            kind, pending = found, ""
        pending += text
    yield _span(pending, kind)


def _remembered(text: str, language: str, lexer: Lexer | None, memo: Memo) -> str:
    key = language, text
    if key not in memo:
        memo[key] = highlighted(text, lexer)
    return memo[key]


@cache
def _class(token: _TokenType) -> str:
    while token not in _CLASSES and token.parent is not None:
        token = token.parent
    return _CLASSES.get(token, "")


def _span(text: str, kind: str) -> str:
    safe = html.escape(text, quote=False)
    if not kind:
        return safe
    lines = safe.split("\n")
    return "\n".join(f"<i class={kind}>{line}</i>" if line.strip() else line for line in lines)
