"""The three shapes of a run on the wire: what a reader yields, as bytes.

Once bytes flow, a failure is an event; plain text has no events, so there a failure breaks the chunked body off and
curl exits with 18 (RFC 9112, section 8: an incomplete message).
"""

import errno
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar, Protocol

from flask import Response, request, stream_with_context

from api.errors import DecantError
from api.events import Event, MessageDelta, RunCompleted
from api.routes.client_socket import ClientSocket
from api.runs.log import LoggedEvent
from api.runs.log_reader import LogReader
from api.wire.sse import HEARTBEAT, OPEN, encode_frames

# Nobody on the way is to keep a stream back, or to change it.
STREAM_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}

Entries = list[LoggedEvent]
Failure = Callable[[], DecantError | None]


def _lines(events: Iterable[tuple[int, Event, bytes]]) -> bytes:
    lines = []
    for seq, event, fields in events:
        head = b'{"seq":%d,"type":"%b"' % (seq, event.type.encode())
        lines.append(head + (b"," + fields[1:] if fields != b"{}" else b"}") + b"\n")
    return b"".join(lines)


class RunStream(Protocol):
    """A response body: the server writes what it yields, the appending thread the rest."""

    content_type: ClassVar[str]

    def __init__(self, reader: LogReader, failure: Failure, client: ClientSocket) -> None: ...

    def wait_for_status(self) -> None:
        """Wait for what decides the HTTP status; raises the run's failure where the status can still say it."""

    def __iter__(self) -> Iterator[bytes]: ...


class EventStream:
    """Server-Sent Events; opens at once with a comment, and with one after each silence."""

    content_type: ClassVar[str] = "text/event-stream"
    opening: ClassVar[bytes] = OPEN
    silence: ClassVar[bytes] = HEARTBEAT
    encode = staticmethod(encode_frames)

    def __init__(self, reader: LogReader, _failure: Failure, client: ClientSocket) -> None:
        self._reader = reader
        self._client = client

    def wait_for_status(self) -> None:
        """Nothing to wait for: failures are events."""

    def __iter__(self) -> Iterator[bytes]:
        # In one piece with the headers' first: each is a system call and a turn of the server.
        yield self.opening + self.encode(self._reader.take())
        if self._client.can_send:
            # The server has written the headers by now.
            self._reader.push_to(self._push)
        for entries in self._reader:
            yield self.encode(entries) or self.silence

    def _push(self, entries: Entries) -> bool:
        return self._client.send(self.encode(entries))


class JsonLines(EventStream):
    """One JSON object a line, `{"seq", "type", …}`; a silence is an empty line."""

    content_type: ClassVar[str] = "application/x-ndjson"
    opening: ClassVar[bytes] = b""  # Sends the headers.
    silence: ClassVar[bytes] = b"\n"
    encode = staticmethod(_lines)


class TextStream:
    """The answer's text as it comes."""

    content_type: ClassVar[str] = "text/plain"
    status_wait_seconds: ClassVar[float] = 10.0

    def __init__(self, reader: LogReader, failure: Failure, client: ClientSocket) -> None:
        reader.heartbeat_seconds = min(reader.heartbeat_seconds, self.status_wait_seconds)
        self._reader = reader
        self._failure = failure
        self._client = client
        self._entries = iter(reader)
        self._first = b""
        self._last: Event | None = None

    def wait_for_status(self) -> None:
        """Wait at most ten seconds for the first text or the failure."""
        deadline = time.monotonic() + self.status_wait_seconds
        for entries in self._entries:
            self._first = self.encode(entries)
            if self._first or time.monotonic() >= deadline:
                return
        error = self._failure()
        if error is not None:
            raise error.fresh()

    def __iter__(self) -> Iterator[bytes]:
        yield self._first  # Sends the headers also where it is empty.
        if self._client.can_send:
            self._reader.push_to(self._push)
        for entries in self._entries:
            text = self.encode(entries)
            if text:
                yield text
        if not isinstance(self._last, RunCompleted):
            # gunicorn closes the connection on this errno without the last chunk, and says nothing in its log.
            raise ConnectionResetError(errno.ECONNRESET, "the answer is not complete")

    def _push(self, entries: Entries) -> bool:
        return self._client.send(self.encode(entries))

    def encode(self, entries: Entries) -> bytes:
        """Encode the text that the events add."""
        if entries:
            self._last = entries[-1].event
        return "".join([entry.event.text for entry in entries if isinstance(entry.event, MessageDelta)]).encode()


STREAMS: Mapping[str, type[EventStream] | type[JsonLines] | type[TextStream]] = {
    stream.content_type: stream for stream in (TextStream, JsonLines, EventStream)
}


def stream_response(
    run_id: str, reader: LogReader, failure: Failure, client: ClientSocket, default: str = TextStream.content_type
) -> Response:
    """Answer with a run in the shape that the client accepts."""
    accepted = request.accept_mimetypes.best_match([default, *STREAMS], default=default)
    body = STREAMS[accepted](reader, failure, client)
    try:
        body.wait_for_status()
    except BaseException:
        reader.close()
        raise
    response = Response(stream_with_context(iter(body)), content_type=f"{body.content_type}; charset=utf-8")
    response.headers.update({**STREAM_HEADERS, "Vary": "Accept", "X-Run-Id": run_id})
    # A body that never starts runs no `finally`: HEAD, or a client gone before the first byte.
    response.call_on_close(reader.close)
    return response
