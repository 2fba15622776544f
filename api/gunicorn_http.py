"""gunicorn where its own way is not ours: how long a request may take to come, and what a malformed one is told.

gunicorn gives a header the time that an idle connection has, under native threads no end at all, and a body no limit;
and its own errors are HTML. Both worker classes read requests through the parser of `install`.
"""

import time
import uuid
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

import gunicorn.http
import gunicorn.util
import orjson
from gunicorn.errors import AppImportError
from gunicorn.http.errors import NoMoreData
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker

from api.config import Config
from api.environment import ConfigError
from api.errors import BadRequest, DecantError, Forbidden, Internal
from api.hub import Turns

# A body has so many seconds, and one more for so many bytes that have come.
BODY_BYTES_PER_SECOND = 16_384
MAX_REASON_CHARS = 200
WAITED_SECONDS = 0.001  # What takes longer has waited, and others ran meanwhile.

TOO_SLOW = "The request took too long to arrive. Send it without pauses."


class PatientUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads a connection until a moment that what is read may move."""

    def __init__(self, connection: Any, config: Config) -> None:  # noqa: ANN401 - A socket, or one that gevent made.
        super().__init__(connection)
        self.has_begun = False
        self._config = config
        self._is_body = False
        self._deadline = time.monotonic() + config.header_seconds
        self._turns = Turns()

    def expect_header(self, idle_seconds: float) -> None:
        """Read a further header; the connection may be idle before it."""
        self.has_begun = bool(self.buf.getvalue())
        self._is_body = False
        self._deadline = time.monotonic() + (self._config.header_seconds if self.has_begun else idle_seconds)

    def expect_body(self) -> None:
        """Read the body of the header that has come."""
        self._is_body = True
        self._deadline = time.monotonic() + self._config.body_seconds

    def seconds_left(self) -> float:
        """Return how long this may still take."""
        return self._deadline - time.monotonic()

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what has come, late only what waited here; raises TimeoutError at the deadline."""
        # A client that sends without end must not keep the others from their turn.
        self._turns.rest()
        asked_at = time.monotonic()
        self.sock.settimeout(max(0.0, self._deadline - asked_at))
        try:
            received: bytes = super().chunk(size_hint)
        except BlockingIOError:
            raise TimeoutError from None
        finally:
            self.sock.settimeout(None)
        came_at = time.monotonic()
        if came_at - asked_at > WAITED_SECONDS:
            self._turns.begin()
        if self._is_body:
            self._deadline += len(received) / BODY_BYTES_PER_SECOND
        elif not self.has_begun:
            self.has_begun = True
            self._deadline = min(self._deadline, came_at + self._config.header_seconds)
        return received


class PatientParser(RequestParser):  # type: ignore[misc]
    """Reads the requests of a connection, each part of them within its time."""

    idle = 0  # How many connections of this worker wait for another request in a greenlet each.

    def __init__(self, cfg: Any, source: Any, source_addr: Any, config: Config) -> None:  # noqa: ANN401
        super().__init__(cfg, source, source_addr)
        self.unreader = PatientUnreader(source, config)
        self._config = config

    def __next__(self) -> Any:  # noqa: ANN401 - gunicorn's request.
        """Read a header; a connection that says nothing in its time ends like one that is closed."""
        is_first = self.mesg is None
        if not is_first:
            if not self.mesg.should_close() and not self.finish_body():
                raise StopIteration
            self.unreader.expect_header(self.cfg.keepalive)
        PatientParser.idle += not is_first
        try:
            request = super().__next__()
        except TimeoutError:
            if self.unreader.has_begun:
                write_error(self.unreader.sock, HTTPStatus.REQUEST_TIMEOUT, "", "")
            raise NoMoreData from None
        finally:
            PatientParser.idle -= not is_first
        if PatientParser.idle >= self.cfg.worker_connections - 2 * self._config.max_streams - _SPARE:
            request.force_close()
        self.unreader.expect_body()
        return request

    next = __next__


_SPARE = 50  # Connections that are left for new ones when all streams are taken and the rest is idle.


class SayingWorker(Worker):  # type: ignore[misc]
    """A worker that says in one sentence why it cannot start, and is not started again."""

    def load_wsgi(self) -> None:
        """Build the application."""
        try:
            super().load_wsgi()
        except ConfigError as error:
            raise AppImportError(f"decant api: {error}") from None


class PatientThreadWorker(SayingWorker, ThreadWorker):  # type: ignore[misc]
    """gthread without a thread for a connection that has said nothing, and with its time counted from the beginning."""

    def enqueue_req(self, conn: Any) -> None:  # noqa: ANN401 - gunicorn's connection.
        """Wait for the first byte in the poller."""
        is_new = conn.parser is None and not conn.initialized and not conn.data_ready
        if not is_new or self.cfg.is_ssl or self.cfg.http2_cleartext != "off":
            super().enqueue_req(conn)
            return
        conn.parser = gunicorn.http.get_parser(self.cfg, conn.sock, conn.client)
        conn.timeout = time.monotonic() + conn.parser.unreader.seconds_left()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:  # noqa: ANN401
        """Keep a connection, or close it beside the main loop: the client may be slow to let go."""
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            self.tpool.submit(conn.close, graceful=True)


def worker_class_of(config: Config) -> type[Worker]:
    """Return gunicorn's class for `WORKER_CLASS`, as it is here."""
    if config.worker_class == "gthread":
        return PatientThreadWorker
    # gevent is imported by who has patched everything.
    from gunicorn.workers.ggevent import GeventWorker  # noqa: PLC0415

    return type("PatientGeventWorker", (SayingWorker, GeventWorker), {})


def install(config: Config) -> None:
    """Let gunicorn's workers read by `config`, and say in JSON what is wrong."""
    plain = gunicorn.http.get_parser

    def get_parser(cfg: Any, source: Any, source_addr: Any, **options: Any) -> Any:  # noqa: ANN401
        if options.get("http2_connection") or cfg.protocol != "http" or not hasattr(source, "recv"):
            return plain(cfg, source, source_addr, **options)
        return PatientParser(cfg, source, source_addr, config)

    gunicorn.http.get_parser = get_parser
    gunicorn.util.write_error = write_error


def write_error(connection: Any, status_int: int, _reason: str, mesg: str) -> None:  # noqa: ANN401 - gunicorn's own.
    """Answer what was no request as every other error is answered."""
    status, request_id = HTTPStatus(status_int), uuid.uuid4().hex
    error = _error_of(status, mesg)
    fields = {"error": str(error), "code": error.code, "retryable": error.retryable, "request_id": request_id}
    body = orjson.dumps(fields)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Request-Id: {request_id}\r\n\r\n"
    )
    gunicorn.util.write_nonblock(connection, head.encode() + body)


def _error_of(status: HTTPStatus, reason: str) -> DecantError:
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return BadRequest(TOO_SLOW)
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden("This server does not answer such a connection.")
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return Internal("Something went wrong inside Decant; its log says more.")
    said = reason[:MAX_REASON_CHARS].encode("ascii", "backslashreplace").decode()
    return BadRequest(f"This is no HTTP request that can be answered. {said}".rstrip())
