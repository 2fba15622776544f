import logging

import pytest

from ui.logs import MAX_CHARACTERS, RepeatFilter

MINUTE = 60.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def record(text: str = "no", line: int = 1, error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, None) if error else None
    return logging.LogRecord("name", logging.ERROR, "file.py", line, text, (), exc_info)


def test_what_repeats_is_written_a_few_times_a_minute_and_counted(clock: Clock) -> None:
    repeats = RepeatFilter(most=3, clock=clock)
    assert [repeats.filter(record()) for _ in range(1000)].count(True) == 3
    clock.now = MINUTE
    again = record()
    assert repeats.filter(again)
    assert again.getMessage() == "no (997 more like this in the minute before)"


def test_another_place_or_another_error_is_written(clock: Clock) -> None:
    repeats = RepeatFilter(most=1, clock=clock)
    different = [record(), record(line=2), record(error=ValueError()), record(error=KeyError())]
    assert all(map(repeats.filter, different))
    assert not any(map(repeats.filter, [record(), record(line=2), record(error=ValueError())]))


def test_a_record_that_two_handlers_are_asked_about_counts_once(clock: Clock) -> None:
    repeats = RepeatFilter(most=1, clock=clock)
    first = record()
    assert repeats.filter(first)
    assert repeats.filter(first)


def test_what_a_client_sends_stays_one_line_and_short(clock: Clock) -> None:
    sent = record("x" * 100_000)
    forged = record("no\n2026-01-01 ERROR forged\r\nline")
    repeats = RepeatFilter(clock=clock)
    assert repeats.filter(sent)
    assert repeats.filter(forged)
    assert sent.getMessage() == "x" * MAX_CHARACTERS + "…"
    assert forged.getMessage() == "no 2026-01-01 ERROR forged line"


def test_the_places_that_are_kept_are_bounded(clock: Clock) -> None:
    repeats = RepeatFilter(max_sources=10, clock=clock)
    for line in range(1000):
        repeats.filter(record(line=line))
    assert len(repeats._sources) == 10
