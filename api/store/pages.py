"""Pages of long lists: a page says where the next one begins, so that no page costs more than another."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from api.errors import BadRequest

T = TypeVar("T")

# What `encode_cursor` makes; an empty one is the beginning.
CURSOR = r"^([0-9]{1,14}(\.[0-9]{1,20})?_[0-9A-Za-z.-]{1,100})?$"
_CURSOR = re.compile(CURSOR.replace("$", r"\Z"), re.ASCII)
PAGE_CHARS = 1_000_000  # A page ends after the row that reaches it.


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; `next_cursor` asks for those behind them, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


def encode_cursor(number: float, row_id: str) -> str:
    """Encode the place behind a row."""
    return f"{number!r}_{row_id}"


def decode_cursor(cursor: str) -> tuple[float, str]:
    """Decode what `encode_cursor` made.

    Raises:
        BadRequest: The cursor was not made here.
    """
    if not _CURSOR.fullmatch(cursor):
        raise BadRequest("This cursor is not one that a page gave.")
    number, _, row_id = cursor.partition("_")
    return float(number), row_id
