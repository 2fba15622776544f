"""The three shapes of a run, without a server: a reader goes in, bytes come out."""

import errno
from collections.abc import Callable, Iterator, Sequence

import pytest
from flask import Flask

from api.errors import DecantError, ProviderError
from api.events import Event, MessageDelta, ReasoningDelta, RunCancelled, RunCompleted, RunStarted, to_json
from api.routes.client_socket import ClientSocket
from api.routes.run_streams import EventStream, JsonLines, TextStream, stream_response
from api.runs.log import LoggedEvent

STARTED = RunStarted("r", "t", "q", "m", "model")
ENDED = RunCompleted("stop")
SILENCE: list[Event] = []


class ScriptedReader:
    """Yields what a test wrote down, a list of events for each turn."""

    def __init__(self, *turns: Sequence[Event]) -> None:
        self.heartbeat_seconds = 15.0
        self.push: Callable[[list[LoggedEvent]], bool] | None = None
        self.is_closed = False
        self._turns = turns
        self._seq = 0

    def logged(self, events: Sequence[Event]) -> list[LoggedEvent]:
        entries = [LoggedEvent(seq, event, to_json(event)) for seq, event in enumerate(events, self._seq + 1)]
        self._seq += len(events)
        return entries

    def __iter__(self) -> Iterator[list[LoggedEvent]]:
        for turn in self._turns:
            yield self.logged(turn)

    def take(self) -> list[LoggedEvent]:
        return []

    def push_to(self, push: Callable[[list[LoggedEvent]], bool]) -> None:
        self.push = push

    def close(self) -> None:
        self.is_closed = True


class ScriptedClient(ClientSocket):
    """A connection that takes everything."""

    def __init__(self) -> None:
        super().__init__({})
        self.can_send = True
        self.sent: list[bytes] = []

    def send(self, piece: bytes) -> bool:
        self.sent.append(piece)
        return True


class ImpatientTextStream(TextStream):
    """Does not wait for what decides the status."""

    status_wait_seconds = 0.0


def no_failure() -> DecantError | None:
    return None


def test_an_event_stream_opens_with_a_comment_and_fills_silence_with_one() -> None:
    reader = ScriptedReader([STARTED], SILENCE, [MessageDelta("a"), ENDED])
    opening, started, silence, rest = EventStream(reader, no_failure, ClientSocket({}))
    assert (opening, silence) == (b": open\n\n", b": heartbeat\n\n")
    assert started.startswith(b"id: 1\nevent: run.started\n")
    assert rest.count(b"\n\n") == 2


def test_json_lines_are_objects_with_number_and_type() -> None:
    reader = ScriptedReader([MessageDelta("a"), RunCancelled()], SILENCE)
    opening, lines, silence = JsonLines(reader, no_failure, ClientSocket({}))
    assert (opening, silence) == (b"", b"\n")
    assert lines == b'{"seq":1,"type":"message.delta","text":"a"}\n{"seq":2,"type":"run.cancelled"}\n'


def test_plain_text_is_what_a_person_reads() -> None:
    reader = ScriptedReader([STARTED, ReasoningDelta("hm")], [MessageDelta("a"), MessageDelta("数")], SILENCE, [ENDED])
    stream = TextStream(reader, no_failure, ClientSocket({}))
    stream.wait_for_status()
    assert b"".join(stream) == "a数".encode()


@pytest.mark.parametrize("last", [[RunCancelled()], []], ids=["cancelled", "cut"])
def test_plain_text_that_is_not_whole_breaks_the_body_off(last: list[Event]) -> None:
    stream = TextStream(ScriptedReader([MessageDelta("half")], last), no_failure, ClientSocket({}))
    stream.wait_for_status()
    pieces = iter(stream)
    assert next(pieces) == b"half"
    with pytest.raises(ConnectionResetError) as caught:
        list(pieces)
    assert caught.value.errno == errno.ECONNRESET


def test_a_failure_before_any_text_is_for_the_status() -> None:
    error = ProviderError("down")
    stream = TextStream(ScriptedReader([STARTED]), lambda: error, ClientSocket({}))
    with pytest.raises(ProviderError):
        stream.wait_for_status()


def test_the_status_is_not_waited_for_for_ever() -> None:
    reader = ScriptedReader(SILENCE, [MessageDelta("late"), ENDED])
    stream = ImpatientTextStream(reader, no_failure, ClientSocket({}))
    stream.wait_for_status()
    assert list(stream) == [b"", b"late"]


def test_a_reader_of_text_looks_up_before_the_wait_for_the_status_is_over() -> None:
    reader = ScriptedReader()
    TextStream(reader, no_failure, ClientSocket({}))
    assert reader.heartbeat_seconds == TextStream.status_wait_seconds


@pytest.mark.parametrize("shape", [EventStream, JsonLines, TextStream])
def test_the_appending_thread_sends_once_the_headers_are_out(shape: type[EventStream] | type[TextStream]) -> None:
    reader, client = ScriptedReader(SILENCE, [ENDED]), ScriptedClient()
    pieces = iter(shape(reader, no_failure, client))
    next(pieces)
    assert reader.push is None
    list(pieces)
    assert reader.push is not None
    assert reader.push(reader.logged([MessageDelta("pushed")]))
    assert b"pushed" in client.sent[0]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "text/plain"),
        ("text/event-stream", "text/event-stream"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/html, text/plain;q=0.5", "text/plain"),
        ("image/png", "text/plain"),
    ],
)
def test_the_client_chooses_the_shape(accept: str, content_type: str) -> None:
    with Flask(__name__).test_request_context(headers={"Accept": accept}):
        response = stream_response("r", ScriptedReader([MessageDelta("a"), ENDED]), no_failure, ClientSocket({}))
    assert response.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert (response.headers["X-Run-Id"], response.headers["Vary"]) == ("r", "Accept")


def test_a_body_that_never_starts_lets_go_of_its_reader() -> None:
    reader = ScriptedReader([ENDED])
    with Flask(__name__).test_request_context():
        stream_response("r", reader, no_failure, ClientSocket({})).close()
    assert reader.is_closed


def test_a_failure_that_the_status_says_lets_go_of_the_reader() -> None:
    reader, error = ScriptedReader([STARTED]), ProviderError("down")
    with Flask(__name__).test_request_context(), pytest.raises(ProviderError):
        stream_response("r", reader, lambda: error, ClientSocket({}))
    assert reader.is_closed
