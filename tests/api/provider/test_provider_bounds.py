"""Nothing that a provider sends without an end takes memory or time without a bound; each over a real socket."""

import gzip
import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import pytest

from api.errors import ProviderError, ProviderRejected, ProviderTimeout
from api.events import MessageDelta
from api.messages import Finished
from api.provider import chat_model as adapter
from api.provider import upstream
from api.provider.chat_model import ChatModel
from api.provider.request_body import RequestBodies
from tests.support.chat_model_calls import collect, delta, events_of, request, stream_of
from tests.support.processes import WAIT_SECONDS
from tests.support.under_gevent import run_under_gevent

MEGABYTE = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"


class Hose:
    """A server that pours the same pieces into every connection, until they end or the client leaves."""

    def __init__(self, pieces: Callable[[], Iterable[bytes]], pause_seconds: float = 0.0) -> None:
        self.poured = 0
        self._pieces = pieces
        self._pause_seconds = pause_seconds
        self._server = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> ChatModel:
        self._threads[0].start()
        base_url = f"http://127.0.0.1:{self._server.getsockname()[1]}/v1"
        return ChatModel(base_url=base_url, api_key="", max_connections=2)

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
            assert not thread.is_alive()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self._threads.append(threading.Thread(target=self._pour, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _pour(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(65536)
            for piece in self._pieces():
                connection.sendall(piece)
                self.poured += len(piece)
                time.sleep(self._pause_seconds)


def for_ever(head: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: itertools.chain([head], itertools.repeat(piece))


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """How many bytes Python has taken at most since the test began, without what the first request loads."""
    RequestBodies().build(request(), request().messages)
    tracemalloc.start()
    begun = tracemalloc.get_traced_memory()[0]
    yield lambda: tracemalloc.get_traced_memory()[1] - begun
    tracemalloc.stop()


BOMB = gzip.compress(gzip.compress(bytes(256 * MEGABYTE), 9), 9)


def compressed(status: bytes, body: bytes, coding: bytes = b"gzip") -> Callable[[], list[bytes]]:
    head = b"HTTP/1.1 %b X\r\ncontent-encoding: %b\r\ncontent-length: %d\r\n\r\n" % (status, coding, len(body))
    return lambda: [head, body]


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, gzip", b"br", b"deflate"])
@pytest.mark.parametrize(("status", "error"), [(b"500", ProviderError), (b"200", ProviderRejected)])
def test_a_body_that_is_compressed_unasked_is_not_decoded(
    peak: Callable[[], int], status: bytes, error: type[ProviderError], coding: bytes
) -> None:
    with Hose(compressed(status, BOMB, coding)) as chat_model:
        with pytest.raises(ProviderError, match=r"status 500|turn that off") as raised:
            events_of(chat_model, request())
        with pytest.raises(ProviderError):
            chat_model.model_names(WAIT_SECONDS)
    assert type(raised.value) is error
    assert peak() < 4 * MEGABYTE


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "models": (JSON, b'{"id":"m"},' * 5000),
    "models in chunks": (CHUNKED, b"2af8\r\n" + b'{"id":"m"},' * 1000 + b"\r\n"),
    "heads": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 100),
    "one head": (b"HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n" * 100),
    "an error": (b"HTTP/1.1 500 No\r\n\r\n", b"no " * 5000),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_does_not_end_ends_at_a_limit(peak: Callable[[], int], name: str) -> None:
    with Hose(for_ever(*ENDLESS[name])) as chat_model, pytest.raises(ProviderError):
        chat_model.model_names(WAIT_SECONDS)
    assert peak() < 24 * MEGABYTE


SLOW: dict[str, tuple[bytes, bytes]] = {
    "body": (JSON, b" "),
    "head": (b"HTTP/1.1 200 OK\r\n", b"x"),
    "sizes": (CHUNKED, b"0"),
    "extensions": (CHUNKED + b"5;", b"x"),
    "trailers": (CHUNKED + b"0\r\n", b"a: b\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_drips_for_ever_ends_in_its_time(name: str) -> None:
    with Hose(for_ever(*SLOW[name]), pause_seconds=0.02) as chat_model:
        began = time.monotonic()
        with pytest.raises(ProviderError) as raised:
            chat_model.model_names(0.3)
    assert time.monotonic() - began < WAIT_SECONDS / 2
    assert name == "sizes" or type(raised.value) is ProviderTimeout


def test_an_error_that_drips_is_told_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "ERROR_BODY_SECONDS", 0.2)
    dripping = Hose(for_ever(b"HTTP/1.1 401 No\r\n\r\n", b"n"), pause_seconds=0.02)
    with dripping as chat_model, pytest.raises(ProviderRejected, match="OPENAI_API_KEY"):
        events_of(chat_model, request())


@pytest.mark.parametrize("tail", [b": keep-alive\n\n", b'data: {"choices":[]}\n\n', b"data: x\n\n"])
def test_a_tail_that_does_not_end_takes_nothing_from_a_whole_answer(
    monkeypatch: pytest.MonkeyPatch, tail: bytes
) -> None:
    monkeypatch.setattr(adapter, "TAIL_SECONDS", 0.2)
    answer = "".join(stream_of(delta(content="whole"), delta("stop")).raw or ()).encode()
    with Hose(for_ever(OK + b"\r\n" + answer, tail), pause_seconds=0.02) as chat_model:
        assert events_of(chat_model, request()) == [MessageDelta("whole"), Finished("stop")]


FLOODS: dict[str, Callable[[int], dict[str, object]]] = {
    "calls": lambda number: {"index": number, "id": f"c{number}", "function": {"name": "f", "arguments": ""}},
    "names": lambda number: {"index": 0, "function": {"name": "f" * 500}},
    "arguments": lambda number: {"index": 0, "function": {"arguments": "x" * 5000}},
    "nothings": lambda number: {"index": 0, "function": {}},
    "signatures": lambda number: {"index": 0, "extra_content": {f"n{number}": "x" * 5000}},
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_tool_calls_ends_in_a_failure(peak: Callable[[], int], name: str) -> None:
    many = 1 if name == "calls" else 100

    def pieces() -> Iterator[bytes]:
        yield OK + b"\r\n"
        for number in itertools.count():
            yield "".join(stream_of(delta(tool_calls=[FLOODS[name](number)] * many)).raw or ()).encode()

    with Hose(pieces) as chat_model, pytest.raises(ProviderError, match="more tool calls"):
        events_of(chat_model, request())
    assert peak() < 64 * MEGABYTE


def test_what_is_kept_for_the_provider_is_bounded(peak: Callable[[], int]) -> None:
    details = {"reasoning_details": [{"type": f"t{number}", "data": "x" * 9000} for number in range(100)]}

    def pieces() -> Iterator[bytes]:
        yield OK + b"\r\n"
        for _ in range(100):
            yield "".join(stream_of(delta(**details)).raw or ()).encode()
        call = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
        yield "".join(stream_of(delta("tool_calls", tool_calls=[call])).raw or ()).encode()

    with Hose(pieces) as chat_model:
        *_, call, finished = events_of(chat_model, request())
    assert (call.provider_fields, finished) == (None, Finished("tool_calls"))  # type: ignore[union-attr]
    assert peak() < 24 * MEGABYTE


def test_the_answer_in_front_of_a_flood_is_kept() -> None:
    events: list[object] = []
    head = OK + b"\r\n" + "".join(stream_of(delta(content="kept")).raw or ()).encode() + b"data: "
    with Hose(for_ever(head, b"x" * 60_000)) as chat_model, pytest.raises(ProviderError, match="in one piece"):
        collect(chat_model.open().events(request()), events)  # type: ignore[arg-type]
    assert events[0] == MessageDelta("kept")


def test_all_of_this_holds_under_gevent() -> None:
    run_under_gevent(__file__)
