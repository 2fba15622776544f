"""Pages of long lists: a page says where the next one begins, so that no page costs more than another."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from api.errors import BadRequest

T = TypeVar("T")

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
    number, separator, row_id = cursor.partition("_")
    try:
        place = float(number)
    except ValueError:
        separator = ""
    if not separator or place != place or abs(place) > 1e15:
        raise BadRequest("This cursor is not one that a page gave.")
    return place, row_id
