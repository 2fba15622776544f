"""The three shapes of a run on the wire: what a reader yields, as bytes.

Once bytes flow, a failure is an event; plain text has no events, so there a failure breaks the chunked body off and
curl exits with 18 (RFC 9112, section 8: an incomplete message).
"""

import errno
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, Protocol

from api.errors import DecantError
from api.events import Event, MessageDelta, RunCompleted
from api.run_log import LoggedEvent
from api.run_reader import LogReader
from api.sse import HEARTBEAT, OPEN, encode_frame

Entries = list[LoggedEvent]
Failure = Callable[[], DecantError | None]


class RunStream(Protocol):
    """A response body."""

    content_type: ClassVar[str]

    def __init__(self, reader: LogReader, failure: Failure) -> None: ...

    def wait_for_status(self) -> None:
        """Wait for what decides the HTTP status; raises the run's failure where the status can still say it."""

    def __iter__(self) -> Iterator[bytes]: ...


class EventStream:
    """Server-Sent Events; opens at once with a comment, and with one after each silence."""

    content_type: ClassVar[str] = "text/event-stream"

    def __init__(self, reader: LogReader, _failure: Failure) -> None:
        self._reader = reader

    def wait_for_status(self) -> None:
        """Nothing to wait for: failures are events."""

    def __iter__(self) -> Iterator[bytes]:
        yield OPEN
        for entries in self._reader:
            yield b"".join([encode_frame(seq, event.type, fields) for seq, event, fields in entries]) or HEARTBEAT


class JsonLines:
    """One JSON object a line, `{"seq", "type", …}`; a silence is an empty line."""

    content_type: ClassVar[str] = "application/x-ndjson"

    def __init__(self, reader: LogReader, _failure: Failure) -> None:
        self._reader = reader

    def wait_for_status(self) -> None:
        """Nothing to wait for: failures are events."""

    def __iter__(self) -> Iterator[bytes]:
        yield b""  # Sends the headers.
        for entries in self._reader:
            yield b"".join([_line(*entry) for entry in entries]) or b"\n"


class TextStream:
    """The answer's text as it comes."""

    content_type: ClassVar[str] = "text/plain"
    status_wait_seconds: ClassVar[float] = 10.0

    def __init__(self, reader: LogReader, failure: Failure) -> None:
        reader.heartbeat_seconds = min(reader.heartbeat_seconds, self.status_wait_seconds)
        self._failure = failure
        self._entries = iter(reader)
        self._first: list[Entries] = []

    def wait_for_status(self) -> None:
        """Wait at most ten seconds for the first text or the failure."""
        deadline = time.monotonic() + self.status_wait_seconds
        for entries in self._entries:
            self._first.append(entries)
            if _text(entries) or time.monotonic() >= deadline:
                return
        error = self._failure()
        if error is not None:
            raise error

    def __iter__(self) -> Iterator[bytes]:
        yield b""  # Sends the headers.
        last: LoggedEvent | None = None
        for entries in itertools.chain(self._first, self._entries):
            text = _text(entries)
            if text:
                yield text
            last = entries[-1] if entries else last
        if last is None or not isinstance(last.event, RunCompleted):
            # gunicorn closes the connection on this errno without the last chunk, and says nothing in its log.
            raise ConnectionResetError(errno.ECONNRESET, "the answer is not complete")


STREAMS: Mapping[str, type[EventStream] | type[JsonLines] | type[TextStream]] = {
    stream.content_type: stream for stream in (TextStream, JsonLines, EventStream)
}


def _text(entries: Entries) -> bytes:
    return "".join([entry.event.text for entry in entries if isinstance(entry.event, MessageDelta)]).encode()


def _line(seq: int, event: Event, fields: bytes) -> bytes:
    head = b'{"seq":%d,"type":"%b"' % (seq, event.type.encode())
    return head + (b"," + fields[1:] if fields != b"{}" else b"}") + b"\n"
