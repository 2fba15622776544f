from datetime import UTC, datetime

import pytest

from ui import texts
from ui.threads import Thread, ThreadPage, append_known, group_by_date, group_found, merge_pages

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC).timestamp()


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("updated_at", "label"),
    [
        (NOW, texts.TODAY),
        (NOW + 86400 * 3, texts.TODAY),
        (at(2026, 3, 15, 0, 0), texts.TODAY),
        (at(2026, 3, 14, 23, 59), texts.YESTERDAY),
        (at(2026, 3, 13, 23, 59), texts.PREVIOUS_7_DAYS),
        (at(2026, 3, 8, 0, 0), texts.PREVIOUS_7_DAYS),
        (at(2026, 3, 7, 23, 59), texts.PREVIOUS_30_DAYS),
        (at(2026, 2, 13, 0, 0), texts.PREVIOUS_30_DAYS),
        (at(2026, 2, 12, 23, 59), "February"),
        (at(2025, 12, 31, 12, 0), "December 2025"),
    ],
)
def test_a_thread_is_under_the_heading_a_person_expects(updated_at: float, label: str) -> None:
    (group,) = group_by_date([Thread("t", updated_at=updated_at)], NOW, 0)
    assert group.label == label


def test_the_day_is_the_one_of_the_browser() -> None:
    late = Thread("t", updated_at=at(2026, 3, 14, 22, 30))
    assert [group.label for group in group_by_date([late], NOW, 120)] == [texts.TODAY]
    assert [group.label for group in group_by_date([late], NOW, -300)] == [texts.YESTERDAY]


def test_groups_keep_the_order() -> None:
    threads = [Thread("a", updated_at=NOW), Thread("b", updated_at=NOW - 60), Thread("c", updated_at=at(2026, 3, 14))]
    groups = group_by_date(threads, NOW, 0)
    assert [[thread.thread_id for thread in group.threads] for group in groups] == [["a", "b"], ["c"]]


def test_a_fresh_first_page_keeps_what_is_known_after_it() -> None:
    known = [Thread(name, updated_at=at_seconds) for name, at_seconds in (("a", 9), ("b", 8), ("c", 7), ("d", 6))]
    fresh = ThreadPage((Thread("c", updated_at=10), Thread("a", updated_at=9)), "more")
    assert [thread.thread_id for thread in merge_pages(known, fresh)] == ["c", "a", "b", "d"]


def test_a_page_without_a_next_one_is_everything() -> None:
    known = [Thread("a", updated_at=9), Thread("gone", updated_at=8)]
    assert merge_pages(known, ThreadPage((Thread("a", updated_at=9),))) == (Thread("a", updated_at=9),)


def test_what_is_found_keeps_its_order_whatever_its_date() -> None:
    found = [Thread("best", updated_at=at(2020, 1, 1)), Thread("newest", updated_at=NOW)]
    (group,) = group_found(found)
    assert (group.label, group.threads) == (texts.FOUND, found)
    assert group_found([]) == []
    fresh = ThreadPage((Thread("newer", updated_at=NOW), Thread("best", updated_at=at(2020, 1, 1))), "more")
    assert [thread.thread_id for thread in append_known(found, fresh)] == ["newer", "best", "newest"]
