"""Server-sent events, decoded: feed bytes split anywhere, get frames; no sockets, no clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One dispatched event of the stream: its type, its data and the last id seen."""

    event: str
    data: str
    id: str


class SseDecoder:
    """Turns the bytes of an event stream into frames; comments and unknown fields vanish."""

    def __init__(self, max_line_bytes: int = 16 * 1024 * 1024) -> None:
        self._max_line_bytes = max_line_bytes
        self._rest = b""
        self._is_after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, chunk: bytes) -> list[Frame]:
        """Return the frames that the chunk completes.

        Raises:
            ValueError: a line longer than any event may be.
        """
        if self._is_after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._is_after_cr = False
        if not chunk:
            return []
        lines = (self._rest + chunk).splitlines(keepends=True)
        self._is_after_cr = lines[-1].endswith(b"\r")
        self._rest = b"" if lines[-1].endswith((b"\n", b"\r")) else lines.pop()
        if len(self._rest) > self._max_line_bytes:
            raise ValueError("a line that does not end")
        frames = (self._line(line.rstrip(b"\r\n").decode("utf-8", "replace")) for line in lines)
        return [frame for frame in frames if frame]

    def _line(self, line: str) -> Frame | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> Frame | None:
        event, data = self._event, self._data
        self._event, self._data = "", []
        return Frame(event or "message", "\n".join(data), self._id) if data else None
