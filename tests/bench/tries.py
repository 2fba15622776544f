"""A step of capacity is tried until two of three tries agree: a busy machine breaks any p99 once."""

from collections.abc import Callable
from typing import TypeVar

TRIES = 3
AGREE = 2

T = TypeVar("T")


def middle_try(measure: Callable[[], T], worst: Callable[[T], float]) -> T:
    """Measure up to three times and return the try in the middle, which is held if two are.

    A try is held when `worst`, what it took of what is allowed, is under 1. Two that agree need no third.
    """
    tries: list[T] = []
    while len(tries) < TRIES:
        tries.append(measure())
        held = sum(worst(one) < 1 for one in tries)
        if AGREE in (held, len(tries) - held):
            break
    return sorted(tries, key=worst)[AGREE - 1]
