"""What is sent so that the browser has the new units."""

import random

import pytest

from ui.markdown.patch import change, common_length
from ui.markdown.units import without_end_tags


def applied(old: list[str], new: list[str]) -> list[str]:
    """Do what the browser does, in five lines."""
    found = change(old, new)
    if found is None:
        return old
    end = len(old) - found.dropped
    units = old[:end]
    for place, left, rest in found.patches:
        index = end - place if place else len(units)
        units[index : index + 1] = [(units[index][: len(units[index]) - left] if place else "") + rest]
    return units


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([], ["0<p>a"]),
        (["0<p>a"], ["0<p>ab", "0<p>c"]),
        (["0<p>a", "0<p>b", "0<p>c"], ["0<p>a"]),
        (["0<ul>", "1<li>a"], ["0<ul>", "1<li>", "2<p>a", "2<ul>"]),
        (["0<p>1. a"], ["0<ol>", "1<li>a"]),
        (["0<div>", "1<i>a", "1<i>b"], ["0<div>", "1<i>c", "1<i>b"]),
    ],
)
def test_the_change_makes_the_new_units_of_the_old_ones(old: list[str], new: list[str]) -> None:
    assert applied(old, new) == new


def test_random_changes_are_applied() -> None:
    chance = random.Random(7)
    units: list[str] = []
    for _ in range(300):
        new = units[: chance.randint(0, len(units))]
        new += [
            f"{chance.randint(0, 2)}{chance.choice('ab') * chance.randint(1, 4)}" for _ in range(chance.randint(0, 4))
        ]
        assert applied(units, new) == new
        units = new


def test_text_that_grows_is_sent_without_what_the_browser_has() -> None:
    found = change(["0<p>one two"], ["0<p>one two three"])
    assert found is not None
    assert found.patches == [(1, 0, " three")]


def test_what_is_dropped_is_counted_as_browsers_count() -> None:
    found = change(["0<p>中😀 a"], ["0<p>中文"])
    assert found is not None
    assert found.patches == [(1, 4, "文")]


def test_nothing_is_sent_when_nothing_changed() -> None:
    assert change(["0<p>a"], ["0<p>a"]) is None


@pytest.mark.parametrize(("old", "new", "length"), [("abc", "abd", 2), ("", "a", 0), ("abc", "abcd", 3), ("b", "a", 0)])
def test_the_common_start_is_found(old: str, new: str, length: int) -> None:
    assert common_length(old, new) == length


@pytest.mark.parametrize(
    ("unit", "sent"),
    [("0<p>a <em>b</em></p>", "0<p>a <em>b"), ("0<hr>", "0<hr>"), ("0<p>a</p>b", "0<p>a</p>b"), ("0", "0")],
)
def test_end_tags_at_the_end_are_left_to_the_browser(unit: str, sent: str) -> None:
    assert without_end_tags(unit) == sent
