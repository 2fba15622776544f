"""Half-typed markdown completed for the eye: only while a text grows, and only its last paragraph, item or row.

An open `**bold` is closed, an address that is being typed is hidden, a line that is nothing but a marker waits. What is
drawn is always a guess; when the block is finished, its source is taken literally.
"""

import re

from ui.markdown.source import MAX_COLUMNS

MAX_LEAF = 4000
_LEAF_START = re.compile(r"^[ \t>]*(?:#{1,6}[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|>|\|)|^[ \t]*$", re.MULTILINE)
_CONTAINERS = r"(?:[ \t>]|(?:[-*+]|\d{1,9}[.)])[ \t])*+"
_MARKER = r"(?:#{1,6}|[-*+]|\d{1,2}[.)]?|=+|-+|_+|\*+|~{1,2}|`{1,2}|\[[ xX]?\]?|\[\^\d*\]?:?)?"
_MARKER_ONLY = re.compile(_CONTAINERS + _MARKER + r"[ \t]*")
_FENCE_LINE = re.compile(_CONTAINERS + r"(?:`{3,}+[^`]*|~{3,}.*)")
_DELIMITERS = re.compile(r"[ \t>]*[|: \t-]*")
_TOKEN = re.compile(r"\\.?|`+|\*+|_+|~~|!?\[|\]\(?|\$\$?", re.DOTALL)
_LOOKS_LIKE_TEX = re.compile(r"[^\s\d].*[\\^_={]|[\\^_{]", re.DOTALL)


def repaired(text: str) -> str:
    """Return the text with its half-typed end completed or left out."""
    body = text.rstrip("\n")
    if len(text) - len(body) > 1:
        return text
    start, line = body.rfind("\n") + 1, body[body.rfind("\n") + 1 :]
    if not text.endswith("\n") and (_MARKER_ONLY.fullmatch(line) or _FENCE_LINE.fullmatch(line)):
        return body[:start]
    leaf = _leaf_start(body)
    if body[leaf:].lstrip(" \t>").startswith("|"):
        return _table(body, leaf)
    return body[:leaf] + _completed(body[leaf:])


def _leaf_start(body: str) -> int:
    floor = max(0, len(body) - MAX_LEAF)
    start = 0 if floor == 0 else body.find("\n", floor) + 1
    for found in _LEAF_START.finditer(body, start):
        start = found.start()
    return start


def _table(body: str, leaf: int) -> str:
    """Complete the last row; a first row gets the delimiters that make it a head."""
    before = body[:leaf].rstrip("\n").rpartition("\n")[2] if body[:leaf].endswith("\n") else ""
    row = body[leaf:]
    if "|" not in before:
        if row.count("|") > MAX_COLUMNS:
            return body
        row = _completed(row)
        columns = max(row.strip().strip("|").count("|") + 1, 1)
        return f"{body[:leaf]}{row}\n{row[: len(row) - len(row.lstrip(' >'))]}|{'---|' * columns}"
    if _DELIMITERS.fullmatch(row):
        columns = max(before.strip(" >").strip("|").count("|") + 1, 1)
        return body[:leaf] + "|" + "---|" * columns
    return body[:leaf] + _completed(row)


def _completed(leaf: str) -> str:
    """Close the emphasis, code and formula that are open at the end, and hide what is left of a half-typed link."""
    open_marks: list[str] = []
    brackets: list[int] = []
    position, dangling = 0, ""
    while found := _TOKEN.search(leaf, position):
        mark, position = found[0], found.end()
        if mark[0] in "`$" or mark in ("\\(", "\\["):
            end = leaf.find(mark, position)
            if end < 0:
                leaf, position = _closed_span(leaf, mark, found.start()), len(leaf) + 9
            else:
                position = end + len(mark)
        elif mark == "](" and brackets:
            end = leaf.find(")", position)
            opened = brackets.pop()
            if end < 0:
                leaf, position = _without_link(leaf, opened, found.start()), len(leaf) + 9
            else:
                position = end + 1
        elif mark[0] == "]" and brackets:
            brackets.pop()
        elif mark in ("[", "!["):
            brackets.append(found.start())
        elif mark[0] in "*_~":
            dangling = "" if _toggle(open_marks, mark, leaf, found) or position < len(leaf) else mark
    for opened in reversed(brackets):
        leaf = leaf[:opened] + ("" if leaf[opened] == "!" else leaf[opened + 1 :])
    leaf = leaf.removesuffix(dangling or "\\").rstrip(" ")
    return leaf + "".join(reversed(open_marks)) if leaf.strip() else leaf


def _closed_span(leaf: str, mark: str, start: int) -> str:
    content = leaf[start + len(mark) :]
    if mark[0] == "`":
        content = content.rstrip("`")
        return leaf[:start] + (mark + content + mark if content.strip() else "")
    closing = {"\\(": "\\)", "\\[": "\\]"}.get(mark, mark)
    content = content.rstrip("\\$ \n")
    if mark == "$" and not _LOOKS_LIKE_TEX.match(content):
        return leaf
    return leaf[:start] + (mark + content.lstrip() + closing if content.strip() else "")


def _without_link(leaf: str, opened: int, closed: int) -> str:
    return leaf[:opened] + ("" if leaf[opened] == "!" else leaf[opened + 1 : closed])


def _toggle(open_marks: list[str], mark: str, leaf: str, found: re.Match[str]) -> bool:
    """Let a mark close what it can, or open something; say whether it did."""
    before = leaf[found.start() - 1 : found.start()]
    after = leaf[found.end() : found.end() + 1]
    if mark in open_marks and before.strip():
        del open_marks[open_marks.index(mark) :]
        return True
    opens = bool(after.strip()) and not (mark[0] == "_" and before.isalnum()) and len(mark) <= 3
    if opens:
        open_marks.append(mark)
    return opens
