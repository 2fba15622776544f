"""The body of an answer as its bytes arrive: server-sent events, or one JSON document where a provider does not stream.

No I/O, any split of the bytes decodes the same.
"""

from api.errors import ProviderError, ProviderRejected
from api.provider.answer_words import TOO_LARGE, WEB_PAGE
from api.provider.sse_decoder import ServerSentEventDecoder

BUFFER_LIMIT = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"

Event = tuple[bytes, bytes]


class AnswerBody:
    """Feed bytes, get events as pairs of type and data; of a document there are none, and `document` grows.

    `is_open` says that its first character has come, `begins_with_comment` that this is one of an event stream.
    """

    def __init__(self) -> None:
        self.document: bytearray | None = None
        self.is_open = self.begins_with_comment = False
        self._opening = b""
        self._stream = ServerSentEventDecoder()

    def feed(self, received: bytes) -> list[Event]:
        """Decode the bytes of one read.

        Raises:
            ProviderRejected: this is a web page.
        """
        if not self.is_open:
            received = self._open(self._opening + received)
        if self.document is None:
            return self._stream.feed(received)
        self.document += received
        return []

    def flush(self) -> list[Event]:
        """Decode what is left at the end of the bytes."""
        return [] if self.document is not None else self._stream.flush()

    def check_size(self) -> None:
        """Refuse what waits for its end and is longer than an answer can be.

        Raises:
            ProviderError: it is.
        """
        if len(self.document or b"") + self._stream.pending_size > BUFFER_LIMIT:
            raise ProviderError(TOO_LARGE)

    def _open(self, opening: bytes) -> bytes:
        """Tell by its first character what this is."""
        content = opening.removeprefix(_BOM).lstrip()
        if _BOM.startswith(content):
            self._opening = content
            return b""
        self.is_open = True
        if content.startswith(b"<"):
            raise ProviderRejected(WEB_PAGE)
        if content.startswith((b"{", b"[")):
            self.document = bytearray()
        self.begins_with_comment = content.startswith(b":")
        return content
