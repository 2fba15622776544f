"""How long a request may take to come, under real servers; and what a malformed one is told."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPResponse
from typing import Any

import pytest
import requests

from tests.support.processes import WAIT_SECONDS, Server, running_api, wait_for

HALF = b"POST /threads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
MANY = 620


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"WORKER_CLASS": request.param, "HEADER_SECONDS": 2, "BODY_SECONDS": 2}
    provider = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    with running_api(tmp_path_factory.mktemp("api"), **settings, **provider) as server:
        yield server
        assert "Traceback" not in server.logged()


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=WAIT_SECONDS)


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Read one response."""
    response = HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def rest(connection: socket.socket) -> bytes:
    """Read until the server has closed the connection; fail if it does not."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def drip(connection: socket.socket, piece: bytes) -> bytes:
    """Send without ever ending until the server closes; return what it said."""
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.1):
            try:
                connection.sendall(piece)
            except OSError:
                return

    sender = threading.Thread(target=send)
    sender.start()
    try:
        return rest(connection)
    finally:
        stop.set()
        sender.join()


def test_a_connection_that_says_nothing_is_closed(api: Server) -> None:
    with closing(connect(api)) as connection:
        assert rest(connection) == b""


@pytest.mark.parametrize("before", [b"", HEALTH])
@pytest.mark.parametrize("is_dripped", [False, True])
def test_a_header_that_does_not_end_is_refused_in_its_time(api: Server, before: bytes, is_dripped: bool) -> None:
    """On the first request of a connection and on a later one."""
    with closing(connect(api)) as connection:
        if before:
            connection.sendall(before)
            assert answer(connection) == (200, b"ok")
        connection.sendall(HALF)
        said = drip(connection, b"X-More: 1\r\n") if is_dripped else rest(connection)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["code"] == "bad_request"


def test_an_idle_connection_keeps_its_own_time(api: Server) -> None:
    """A connection that begins when another is idle already, and that is closed before it, measures the time."""
    with closing(connect(api)) as idle:
        idle.sendall(HEALTH)
        assert answer(idle) == (200, b"ok")
        for _ in range(2):
            with closing(connect(api)) as silent:
                assert rest(silent) == b""
        idle.sendall(HEALTH)
        assert answer(idle) == (200, b"ok")


@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_that_drips_is_refused_in_its_time(api: Server, framing: str) -> None:
    piece = b"1\r\n \r\n" if "chunked" in framing else b" "
    with closing(connect(api)) as connection:
        connection.sendall(HALF + f"{framing}\r\n\r\n".encode())
        said = drip(connection, piece)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["error"] == "The body took too long to arrive. Send it without pauses."


CLOSING = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("begun", [b"", HALF, HALF + b"Content-Length: 9\r\n\r\n", HEALTH, CLOSING])
def test_many_connections_that_stay_as_they_are_take_the_api_from_nobody(api: Server, begun: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            connection = stack.enter_context(closing(connect(api)))
            connection.sendall(begun)
        assert requests.get(f"{api.url}/health", timeout=WAIT_SECONDS).text == "ok"


MALFORMED: list[tuple[bytes, int]] = [
    (b"nonsense\r\n\r\n", 400),
    (b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: example.com\r\n\r\n", 400),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n", 400),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n", 400),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: a miracle\r\n\r\n", 417),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: rot13\r\n\r\n", 501),
    (HALF + b"Content-Length: -1\r\n\r\n", 400),
    (HALF + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    (HALF + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (HALF + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx", 400),
    (b"GET /threads HTTP/1.1\r\nHost: [::1\r\n\r\n", 403),
    (b"GET /threads HTTP/1.1\r\nHost: a b\r\n\r\n", 403),
    (b"GET /threads HTTP/1.1\r\nHost:\r\n\r\n", 403),
]


@pytest.mark.parametrize(("sent", "status"), MALFORMED)
def test_what_is_no_request_is_refused_as_json(api: Server, sent: bytes, status: int) -> None:
    with closing(connect(api)) as connection:
        connection.sendall(sent)
        response = HTTPResponse(connection)
        response.begin()
        body: dict[str, Any] = json.loads(response.read())
    assert (response.status, response.headers["Content-Type"]) == (status, "application/json")
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert (body["code"], body["retryable"]) == ("forbidden" if status == 403 else "bad_request", False)


def test_a_client_that_breaks_off_leaves_nothing_behind(api: Server) -> None:
    for begun in (b"", HALF, HALF + b"Content-Length: 9\r\n\r\n{", HALF + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
        with closing(connect(api)) as connection:
            connection.sendall(begun)
    wait_for(lambda: requests.get(f"{api.url}/health", timeout=WAIT_SECONDS).ok)
