"""One open response that carries the events of a run; read by one thread, closed by any."""

from collections.abc import Callable, Iterator

from urllib3.exceptions import HTTPError as ConnectionBroken
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import HTTPResponse

from ui.client.sse import SseDecoder
from ui.errors import ApiMisbehaved, StreamTruncated, forget_frames
from ui.events import LoggedEvent, decode_event, is_terminal

TRUNCATED = "The connection to the API broke before the answer was complete."
SILENT = "The API fell silent before the answer was complete."
UNREADABLE = "The API sent something that cannot be read."


class EventStream:
    """Iterate over batches of events; `close` may be called from any thread."""

    def __init__(self, body: HTTPResponse, run_id: str | None, release: Callable[[], None]) -> None:
        self.run_id = run_id
        self._body = body
        self._release = release
        self._is_closed = False
        self._is_ended = False

    def __iter__(self) -> Iterator[list[LoggedEvent]]:
        """Yield what each read brought, up to the end of the stream.

        Raises:
            StreamTruncated: it ended without a terminal event.
            ApiMisbehaved: it carried something else than events.
        """
        decoder = SseDecoder()
        for received in self._received():
            batch = _decode(decoder, received)
            self._is_ended = self._is_ended or any(is_terminal(logged.event) for logged in batch)
            if batch:
                yield batch
        if not self._is_ended and not self._is_closed:
            raise StreamTruncated(TRUNCATED)

    def close(self) -> None:
        """End a read that blocks in another thread; that thread then releases the connection."""
        if self._is_ended:
            return  # what is left is the end of the response, which the reading thread takes in
        self._is_closed = True
        try:
            self._body.shutdown()
        except (OSError, RuntimeError, ValueError):
            return  # nothing is being read any more

    def release(self) -> None:
        """Close the connection; only for the thread that reads."""
        self._is_closed = True
        self._release()

    def _received(self) -> Iterator[bytes]:
        try:
            while received := self._body.read1(decode_content=True):
                yield received
        except ReadTimeoutError as exc:
            forget_frames(exc)
            if not self._is_ended:
                raise StreamTruncated(SILENT) from exc
        except (ConnectionBroken, OSError) as exc:
            forget_frames(exc)
            if not self._is_closed and not self._is_ended:
                raise StreamTruncated(TRUNCATED) from exc


def _decode(decoder: SseDecoder, received: bytes) -> list[LoggedEvent]:
    try:
        return [LoggedEvent(int(frame.id), decode_event(frame.event, frame.data)) for frame in decoder.feed(received)]
    except ValueError as exc:
        raise ApiMisbehaved(UNREADABLE) from exc
