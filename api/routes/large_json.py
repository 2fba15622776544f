"""JSON of many megabytes, decoded in pieces: one call for all of it would keep everybody else waiting.

A first pass finds where the items of the lists in the outer object are, without looking into texts; the object is then
decoded with empty lists, and each list some items at a time. What no body of ours has (millions of values, an item that
is longer than the longest message) is refused by the first pass.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from api.errors import BadRequest
from api.hub import Turns, give_way

# So much is decoded in one call, in any case.
SMALL_BYTES = 2_000_000
SMALL_VALUES = 100_000

PIECE_BYTES = 256_000
MAX_ITEM_BYTES = 24_000_000  # A text of two million characters with every one of them escaped.
MAX_FRAME_BYTES = 8_000_000
MAX_VALUES = 2_000_000
MAX_SPACES = 1000
WINDOW_BYTES = 256_000

_MARK = re.compile(rb'[\[\]{},"]')
_TEXT = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_LIST_DEPTH = 2  # Within a list that is a field of the outer object.
_ENDS_OF_ITEMS = ((_LIST_DEPTH, b","), (_LIST_DEPTH - 1, b"]"))


class _Piece(NamedTuple):
    """Items of a list that are decoded together, between these places; a long item is alone."""

    begin: int
    end: int
    is_alone: bool


def decode(body: bytes) -> object:
    """Return the decoded body; call it where others may run meanwhile.

    Raises:
        JSONDecodeError: It is not JSON.
        BadRequest: It has more values, or longer ones, than any body of ours.
    """
    if len(body) <= SMALL_BYTES and body.count(b",") + body.count(b"[") + body.count(b"{") <= SMALL_VALUES:
        return orjson.loads(body)
    turns = Turns()
    if body[:1].isspace():
        body = _without_spaces_before(body)
    lists = _find_lists(body, turns)
    frame = orjson.loads(_without(body, lists))
    if not isinstance(frame, dict):
        return frame
    filled = {name: _filled(value, body, lists, turns) for name, value in frame.items()}
    give_way()
    return filled


def _without_spaces_before(body: bytes) -> bytes:
    spaces = len(body[:MAX_SPACES]) - len(body[:MAX_SPACES].lstrip())
    if spaces == MAX_SPACES:
        raise BadRequest("The body begins with more spaces than anything that can be asked for.")
    return body[spaces:]


def _find_lists(body: bytes, turns: Turns) -> list[list[_Piece]]:
    found: list[list[_Piece]] = []
    depth = values = piece_values = item_begin = piece_begin = 0
    is_object, in_list = body[:1] == b"{", False
    for position, mark in _marks(body, turns):
        values += 1
        piece_values += 1
        if values > MAX_VALUES or (not in_list and piece_values > SMALL_VALUES):
            raise BadRequest("The body has more values than anything that can be asked for.")
        if mark in b"[{":
            depth += 1
            if depth == _LIST_DEPTH and mark == b"[" and is_object:
                in_list = True
                found.append([])
                item_begin = piece_begin = position + 1
                piece_values = 0
        elif mark in b"]}":
            depth -= 1
        if not in_list or (depth, mark) not in _ENDS_OF_ITEMS:
            continue
        is_last, item_bytes = mark == b"]", position - item_begin
        if item_bytes > MAX_ITEM_BYTES or piece_values > SMALL_VALUES:
            raise BadRequest("The body has an item with more in it than any message may have.")
        is_long = item_bytes > PIECE_BYTES
        if is_long and item_begin > piece_begin:
            found[-1].append(_Piece(piece_begin, item_begin - 1, is_alone=False))
            piece_begin = item_begin
        if is_last or is_long or position - piece_begin > PIECE_BYTES or piece_values > SMALL_VALUES // 4:
            found[-1].append(_Piece(piece_begin, position, is_long))
            piece_begin, piece_values = position + 1, 0
        item_begin = position + 1
        in_list = not is_last
    return found


def _marks(body: bytes, turns: Turns) -> Iterator[tuple[int, bytes]]:
    """Yield what structures the JSON, of texts only where they begin."""
    position, size = 0, len(body)
    while position < size:
        turns.rest()
        found = _MARK.search(body, position, position + WINDOW_BYTES)
        if found is None:
            position += WINDOW_BYTES
            continue
        position = found.end()
        mark = found.group()
        yield position - 1, mark
        if mark == b'"':
            position = _end_of_text(body, position, turns)


def _end_of_text(body: bytes, position: int, turns: Turns) -> int:
    while position < len(body):
        found = _TEXT.match(body, position, position + WINDOW_BYTES)
        end = found.end() if found else position
        if body[end : end + 1] == b'"':
            return end + 1
        if end == position:
            break
        position = end
        turns.rest()
    raise orjson.JSONDecodeError("a text that does not end", "", 0)


def _without(body: bytes, lists: list[list[_Piece]]) -> bytes:
    """Return the body with the number of each list instead of its items."""
    kept: list[bytes] = []
    begin = 0
    for number, pieces in enumerate(lists):
        if not pieces:
            raise orjson.JSONDecodeError("a list that does not end", "", 0)
        kept += [body[begin : pieces[0].begin], b"%d" % number]
        begin = pieces[-1].end
    kept.append(body[begin:])
    if sum(map(len, kept)) > MAX_FRAME_BYTES:
        raise BadRequest("The body has more beside its lists than anything that can be asked for.")
    return b"".join(kept)


def _filled(value: Any, body: bytes, lists: list[list[_Piece]], turns: Turns) -> Any:  # noqa: ANN401 - JSON.
    if not isinstance(value, list):
        return value
    pieces = lists[value[0]]
    items: list[Any] = []
    for piece in pieces:
        turns.rest()
        if piece.is_alone:
            items.append(orjson.loads(memoryview(body)[piece.begin : piece.end]))
            continue
        some = orjson.loads(b"[%b]" % body[piece.begin : piece.end])
        if not some and len(pieces) > 1:
            raise orjson.JSONDecodeError("an item that is missing", "", 0)
        items += some
    return items
