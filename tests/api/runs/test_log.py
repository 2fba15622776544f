"""The log of a run and its readers."""

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from api.events import MessageDelta, RunCancelled, RunCompleted
from api.runs.log import LoggedEvent, RunLog
from api.runs.log_reader import STUCK_SECONDS, RunReader
from tests.support.processes import WAIT_SECONDS


class Client:
    def __init__(self) -> None:
        self.gone = False
        self.disconnected = False

    def is_gone(self) -> bool:
        return self.gone

    def disconnect(self) -> None:
        self.disconnected = True

    def flush(self) -> None:
        pass


def make_reader(log: RunLog, client: Client | None = None, closed: list[RunReader] | None = None) -> RunReader:
    return RunReader(log, client or Client(), 15, (closed if closed is not None else []).append)


def test_events_are_numbered_from_one_without_gaps() -> None:
    log = RunLog()
    log.append([MessageDelta("a"), MessageDelta("b")])
    log.seal()
    log.end([RunCompleted("stop")])
    assert [(entry.seq, entry.fields) for entry in log.replay_after(0)] == [
        (1, b'{"text":"a"}'),
        (2, b'{"text":"b"}'),
        (3, b'{"finish_reason":"stop"}'),
    ]
    assert [entry.seq for entry in log.replay_after(2)] == [3]


def test_nothing_is_added_after_the_terminal_event() -> None:
    log = RunLog()
    log.append([MessageDelta("a")])
    assert log.seal()
    log.end([RunCancelled()])
    assert not log.append([MessageDelta("late")])
    assert len(log.replay_after(0)) == 2


@pytest.fixture
def short_turns() -> Iterator[None]:
    """Let threads interrupt each other nearly anywhere."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("short_turns")
def test_an_append_that_meets_the_seal_leaves_no_trace_after_it() -> None:
    for _ in range(200):
        log = RunLog()

        def append(log: RunLog = log) -> None:
            while log.append([MessageDelta("a")]):
                pass

        producer = threading.Thread(target=append)
        producer.start()
        while log.last_seq < 3:
            pass
        log.seal()
        sealed_at = log.last_seq
        log.end([RunCancelled()])
        producer.join(10)
        entries = log.replay_after(0)
        assert [entry.seq for entry in entries] == list(range(1, sealed_at + 2))
        assert [entry.event for entry in entries].index(RunCancelled()) == sealed_at


def test_every_reader_gets_every_event_while_a_producer_appends() -> None:
    log = RunLog()
    texts: list[list[str]] = [[] for _ in range(4)]

    def read(reader: RunReader, text: list[str]) -> None:
        for entries in reader:
            text.extend(entry.event.text for entry in entries if isinstance(entry.event, MessageDelta))

    threads = [threading.Thread(target=read, args=(make_reader(log), text)) for text in texts]
    for thread in threads:
        thread.start()
    expected = [str(number) for number in range(2000)]
    for number in expected:
        log.append([MessageDelta(number)])
    log.seal()
    log.end([RunCompleted("stop")])
    for thread in threads:
        thread.join(10)
    assert texts == [expected] * 4


def test_what_came_since_the_last_read_is_one_list() -> None:
    log = RunLog()
    reader = iter(make_reader(log))
    log.append([MessageDelta("a")])
    log.append([MessageDelta("b")])
    assert [entry.seq for entry in next(reader)] == [1, 2]


def test_an_end_that_comes_while_a_reader_looks_is_read() -> None:
    class Ending(RunLog):
        """Ends right after somebody has found nothing new."""

        def replay_after(self, seq: int, most: int | None = None) -> list[LoggedEvent]:
            entries = super().replay_after(seq, most)
            if self.seal():
                self.end([RunCancelled()])
            return entries

    entries = [entry for entries in make_reader(Ending()) for entry in entries]
    assert [entry.event for entry in entries] == [RunCancelled()]


def test_silence_is_an_empty_list() -> None:
    log = RunLog()
    reader = make_reader(log)
    reader.tick(time.monotonic() + 16)
    assert next(iter(reader)) == []


def test_a_client_that_has_gone_closes_its_reader_once() -> None:
    client, closed = Client(), []
    reader = make_reader(RunLog(), client, closed)
    client.gone = True
    reader.tick(time.monotonic())
    reader.close()
    assert closed == [reader]
    assert list(reader) == []


def test_a_client_that_stops_reading_is_disconnected() -> None:
    client, log, closed = Client(), RunLog(), []
    reader = make_reader(log, client, closed)
    log.append([MessageDelta("a")])
    reader.tick(time.monotonic() + STUCK_SECONDS + 1)
    assert client.disconnected
    assert closed == [reader]


def test_of_a_long_log_a_reader_takes_some_at_a_time() -> None:
    log = RunLog()
    log.append([MessageDelta(str(number)) for number in range(2500)])
    log.seal()
    log.end([RunCancelled()])
    lists = list(make_reader(log))
    assert [len(entries) for entries in lists] == [1000, 1000, 501]
    assert [entry.seq for entries in lists for entry in entries] == list(range(1, 2502))


def test_what_a_push_does_not_take_of_a_long_log_the_reader_gets() -> None:
    log, pushed = RunLog(), []
    reader = make_reader(log)
    taken: list[LoggedEvent] = []

    def push(entries: list[LoggedEvent]) -> bool:
        pushed.extend(entries)
        return True

    def read() -> None:
        for entries in reader:
            taken.extend(entries)

    reader.push_to(push)
    thread = threading.Thread(target=read)
    thread.start()
    log.append([MessageDelta(str(number)) for number in range(2500)])
    log.seal()
    log.end([RunCancelled()])
    thread.join(WAIT_SECONDS)
    assert sorted(entry.seq for entry in [*pushed, *taken]) == list(range(1, 2502))
