"""Takes server-sent events off a byte stream: no I/O, any split of the bytes decodes the same.

Line ends may be LF, CRLF or CR. Comments, `id` and `retry` are skipped: they mean nothing in an answer.
"""

# What a line costs beside its bytes: an event of a million empty ones would hold everybody for 70 ms.
LINE_BYTES = 64


class ServerSentEventDecoder:
    """Feed bytes, get complete events as pairs of type and data."""

    def __init__(self) -> None:
        self._line_parts: list[bytes] = []
        self._skips_line_feed = False
        self._event_type = b""
        self._data_lines: list[bytes] = []
        self._data_size = 0
        self.pending_size = 0

    def feed(self, received: bytes) -> list[tuple[bytes, bytes]]:
        """Decode one read; `pending_size` tells how many bytes wait for the rest of their event."""
        if b"\r" in received or self._skips_line_feed:
            received = self._with_line_feeds(received)
        lines = received.split(b"\n")
        self._line_parts.append(lines[0])
        if len(lines) == 1:
            self.pending_size += len(received)
            return []
        lines[0] = b"".join(self._line_parts)
        self._line_parts = [lines.pop()]
        events = []
        data_lines = self._data_lines
        for line in lines:
            if line.startswith(b"data:"):
                data_lines.append(line[5:])
                self._data_size += len(line) + LINE_BYTES
            elif not line:
                if data_lines:
                    events.append((self._event_type, b"\n".join(data_lines)))
                    data_lines.clear()
                    self._data_size = 0
                self._event_type = b""
            elif line.startswith(b"event:"):
                self._event_type = line[6:].strip()
        self.pending_size = len(self._line_parts[0]) + self._data_size
        return events

    def flush(self) -> list[tuple[bytes, bytes]]:
        """Decode what is left at the end of the bytes, also when the closing empty line is missing."""
        self._skips_line_feed = False
        return self.feed(b"\n\n")

    def _with_line_feeds(self, received: bytes) -> bytes:
        """Turn CRLF and CR into LF, also where a read ends between the two bytes of a CRLF."""
        if self._skips_line_feed and received:
            received = received.removeprefix(b"\n")
            self._skips_line_feed = False
        if received.endswith(b"\r"):
            self._skips_line_feed = True
        return received.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
