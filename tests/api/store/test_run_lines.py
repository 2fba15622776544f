"""Lines of the log: what goes in comes out, cut where it has to be."""

import pytest

from api.store.run_lines import MOST_EVENTS_IN_ROW, RunEvent, RunLines, pack, unpack

EVENTS = [RunEvent("r", seq, "message.delta", b'{"text":"%d \\n"}' % seq) for seq in range(4, 9)]


def packed(events: list[RunEvent]) -> RunLines:
    return pack("r", events[0].seq - 1, [(event.type, event.data) for event in events])


def read(lines: RunLines) -> list[RunEvent]:
    return unpack("r", lines.last_seq, lines.lines)


def test_events_come_back_as_they_were() -> None:
    lines = packed(EVENTS)
    assert (lines.after, lines.last_seq, read(lines)) == (3, 8, EVENTS)


@pytest.mark.parametrize("stored", range(3, 9))
def test_what_is_stored_already_is_left_out(stored: int) -> None:
    rest = packed(EVENTS).rest_after(stored)
    assert rest
    assert (rest.after, rest.last_seq, read(rest)) == (stored, 8, EVENTS[stored - 3 :])


def test_more_may_be_stored_than_is_here() -> None:
    assert packed(EVENTS).rest_after(12) == RunLines("r", 12, 12, b"")


@pytest.mark.parametrize("stored", [0, 2])
def test_what_would_leave_a_gap_does_not_follow(stored: int) -> None:
    assert packed(EVENTS).rest_after(stored) is None


@pytest.mark.parametrize("count", [0, 1, MOST_EVENTS_IN_ROW, MOST_EVENTS_IN_ROW + 1, 3 * MOST_EVENTS_IN_ROW])
def test_rows_are_bounded_and_hold_everything_in_order(count: int) -> None:
    events = [RunEvent("r", seq, "usage", b"{}") for seq in range(1, count + 1)]
    rows = list(pack("r", 0, [(event.type, event.data) for event in events]).rows())
    assert [event for row in rows for event in read(row)] == events
    assert len(rows) == -(-count // MOST_EVENTS_IN_ROW)
    assert [row.after for row in rows] == [0, *(row.last_seq for row in rows)][: len(rows)]
