import pytest

from tests.bench.tries import middle_try


@pytest.mark.parametrize(
    ("measured", "middle"),
    [
        ([0.5, 0.9, 9.0], 0.9),
        ([0.5, 9.0, 0.9], 0.9),
        ([9.0, 0.5, 0.9], 0.9),
        ([0.5, 2.0, 9.0], 2.0),
        ([2.0, 9.0, 0.5], 9.0),
        ([float("inf"), 1.0, 0.1], float("inf")),
    ],
)
def test_a_step_is_what_two_of_three_tries_say(measured: list[float], middle: float) -> None:
    left = iter(measured)
    assert middle_try(lambda: next(left), lambda one: one) == middle


@pytest.mark.parametrize(("measured", "left_over"), [([0.5, 0.9, 9.0], [9.0]), ([2.0, 0.5, 3.0], [])])
def test_two_tries_that_agree_need_no_third(measured: list[float], left_over: list[float]) -> None:
    left = iter(measured)
    middle_try(lambda: next(left), lambda one: one)
    assert list(left) == left_over
