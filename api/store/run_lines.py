"""Events as the log stores them: rows of lines, each line an event's type and its JSON. No I/O."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

MOST_EVENTS_IN_ROW = 100


class RunEvent(NamedTuple):
    """An event of a run's log; `data` is its JSON, the bytes that are sent."""

    run_id: str
    seq: int
    type: str
    data: bytes


class RunLines(NamedTuple):
    """Events of one run that follow each other, from the one after `after` to `last_seq`, which is that if none."""

    run_id: str
    after: int
    last_seq: int
    lines: bytes

    def rest_after(self, seq: int) -> "RunLines | None":
        """Return what follows the event `seq`; None where that would leave a gap."""
        if seq <= self.after:
            return self if seq == self.after else None
        if seq >= self.last_seq:
            return RunLines(self.run_id, seq, seq, b"")
        return RunLines(self.run_id, seq, self.last_seq, self.lines.split(b"\n", seq - self.after)[-1])

    def rows(self) -> Iterator["RunLines"]:
        """Yield it in pieces of bounded length, for readers that page."""
        rest = self
        while rest.last_seq - rest.after > MOST_EVENTS_IN_ROW:
            *row, lines = rest.lines.split(b"\n", MOST_EVENTS_IN_ROW)
            seq = rest.after + MOST_EVENTS_IN_ROW
            yield RunLines(rest.run_id, rest.after, seq, b"\n".join([*row, b""]))
            rest = RunLines(rest.run_id, seq, rest.last_seq, lines)
        if rest.lines:
            yield rest


def pack(run_id: str, after: int, events: Iterable[tuple[str, bytes]]) -> RunLines:
    """Write events, as pairs of type and JSON, as lines; JSON of one line has no newline."""
    lines = [b"%b %b\n" % (event_type.encode(), fields) for event_type, fields in events]
    return RunLines(run_id, after, after + len(lines), b"".join(lines))


def unpack(run_id: str, last_seq: int, lines: bytes) -> list[RunEvent]:
    """Read the events of a row."""
    of_row = lines.split(b"\n")[:-1]
    events = []
    for seq, line in enumerate(of_row, start=last_seq - len(of_row) + 1):
        event_type, _, fields = line.partition(b" ")
        events.append(RunEvent(run_id, seq, event_type.decode(), fields))
    return events
