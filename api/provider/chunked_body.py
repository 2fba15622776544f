"""Takes the chunks of HTTP/1.1's chunked coding off a body as its bytes arrive: no I/O."""

import re

_LINE_LIMIT = 16 * 1024
_LINE_END = b"\r\n"
_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


class MalformedBodyError(ValueError):
    """The bytes do not follow the chunked coding."""


class ChunkedBodyDecoder:
    """Feed bytes, get the body's bytes: whatever has arrived, in one piece."""

    def __init__(self) -> None:
        self.is_complete = False
        self._rest = b""
        self._left = 0
        self._is_in_trailer = False

    def feed(self, received: bytes) -> bytes:
        """Decode the bytes of one read.

        Raises:
            MalformedBodyError: this is not chunked coding, or bytes follow its end.
        """
        if self._rest:
            received = self._rest + received
        body, position = [], 0
        while position < len(received):
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
        if len(self._rest) > _LINE_LIMIT:
            raise MalformedBodyError("A chunk's size is a very long line.")
        return b"".join(body)

    def _read_trailer(self, line: bytes) -> None:
        if self.is_complete:
            raise MalformedBodyError("Bytes follow the end of the body.")
        if not self._is_in_trailer:
            raise MalformedBodyError("A chunk has no size.")
        self.is_complete = not line.rstrip()
