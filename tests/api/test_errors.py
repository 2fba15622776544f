"""Errors as values, and what a handled one holds on to."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from api.errors import Busy, ProviderError, ProviderRateLimited, forget_frames


class Answer:
    """Stands for what a frame has in its variables."""


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def fail(seen: list[weakref.ref[Answer]]) -> None:
    answer = Answer()
    seen.append(weakref.ref(answer))
    try:
        raise OSError("reset")
    except OSError as cause:
        error = ProviderError("The connection broke.")
        raise error from cause


@pytest.mark.usefixtures("collector_off")
def test_a_handled_exception_lets_go_of_the_frames_it_passed() -> None:
    seen: list[weakref.ref[Answer]] = []
    try:
        fail(seen)
    except ProviderError as error:
        forget_frames(error)
    assert seen[0]() is None


@pytest.mark.usefixtures("collector_off")
def test_without_that_a_frame_and_its_exception_hold_each_other() -> None:
    seen: list[weakref.ref[Answer]] = []
    with pytest.raises(ProviderError):
        fail(seen)
    assert seen[0]() is not None


def test_a_fresh_error_is_the_same_one_that_was_raised_nowhere() -> None:
    try:
        raise ProviderRateLimited("Slow down.", retry_after_seconds=3)
    except ProviderRateLimited as error:
        fresh = error.fresh()
    assert (type(fresh), str(fresh), fresh.retry_after_seconds) == (ProviderRateLimited, "Slow down.", 3)
    assert (fresh.__traceback__, fresh.__context__) == (None, None)


def test_an_error_says_whether_asking_again_makes_sense() -> None:
    assert (Busy("full").retryable, ProviderError("down").retryable) == (True, True)
