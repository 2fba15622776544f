"""Takes the chunks of HTTP/1.1's chunked coding off a body as its bytes arrive: no I/O."""

_LINE_LIMIT = 16 * 1024


class MalformedBodyError(ValueError):
    """The bytes do not follow the chunked coding."""


class ChunkedBodyDecoder:
    """Feed bytes, get the body's bytes: whatever has arrived, in one piece."""

    def __init__(self) -> None:
        self.is_complete = False
        self._line = b""
        self._left = 0
        self._follows_chunk = False
        self._is_in_trailer = False

    def feed(self, received: bytes) -> bytes:
        """Decode the bytes of one read.

        Raises:
            MalformedBodyError: this is not chunked coding, or bytes follow its end.
        """
        if self._line:
            received = self._line + received
        body, position = [], 0
        while position < len(received):
            if self._left:
                body.append(received[position : position + self._left])
                position += len(body[-1])
                self._left -= len(body[-1])
                self._follows_chunk = not self._left
                continue
            line_end = received.find(b"\n", position)
            if line_end < 0:
                break
            self._read_line(received[position:line_end].strip())
            position = line_end + 1
        self._line = received[position:]
        if len(self._line) > _LINE_LIMIT:
            raise MalformedBodyError("A chunk's size is a very long line.")
        return b"".join(body)

    def _read_line(self, line: bytes) -> None:
        if self.is_complete:
            raise MalformedBodyError("Bytes follow the end of the body.")
        if self._is_in_trailer:
            self.is_complete = not line
        elif self._follows_chunk:
            if line:
                raise MalformedBodyError("A chunk is longer than its size.")
            self._follows_chunk = False
        else:
            self._left = _size(line)
            self._is_in_trailer = not self._left


def _size(line: bytes) -> int:
    size = line.partition(b";")[0].strip()
    if not size or size.strip(b"0123456789abcdefABCDEF"):
        raise MalformedBodyError("A chunk has no size.")
    return int(size, 16)
