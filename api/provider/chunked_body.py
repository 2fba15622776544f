"""Takes the chunks of HTTP/1.1's chunked coding off a body as its bytes arrive: no I/O.

Chunks that arrived together come out together, which `http.client` cannot do: it gives one chunk for each read, and a
burst costs 3.6 to 4.8 times as much (python -m tests.bench api burst, five rounds in alternation, twice).
"""

import re

_LINE_LIMIT = 16 * 1024
_LINE_END = b"\r\n"
_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


class MalformedResponseError(ValueError):
    """The bytes do not follow HTTP."""


class ChunkedBodyDecoder:
    """Feed bytes, get the body's bytes: whatever has arrived, in one piece.

    `has_excess` says that bytes followed the end of the body.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self.has_excess = False
        self._rest = b""
        self._left = 0
        self._is_in_trailer = False

    def feed(self, received: bytes) -> bytes:
        """Decode the bytes of one read.

        Raises:
            MalformedResponseError: this is not chunked coding.
        """
        if self._rest:
            received = self._rest + received
        body, position = [], 0
        while position < len(received) and not self.is_complete:
            if self._left:
                end = position + self._left
                body.append(received[position : max(end - len(_LINE_END), position)])
                position = min(end, len(received))
                self._left = end - position
            elif not self._is_in_trailer and (line := _SIZE_LINE.match(received, position)):
                size = int(line[1], 16)
                self._left = size and size + len(_LINE_END)
                self._is_in_trailer = not size
                position = line.end()
            else:
                line_end = received.find(b"\n", position)
                if line_end < 0:
                    break
                self._read_trailer(received[position:line_end])
                position = line_end + 1
        self._rest = received[position:]
        self.has_excess = self.is_complete and bool(self._rest)
        if len(self._rest) > _LINE_LIMIT:
            raise MalformedResponseError("A chunk's size is a very long line.")
        return b"".join(body)

    def _read_trailer(self, line: bytes) -> None:
        if not self._is_in_trailer:
            raise MalformedResponseError("A chunk has no size.")
        self.is_complete = not line.rstrip()
