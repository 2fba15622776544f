"""How a response of OpenAI's protocol says what is not the answer itself: no I/O, no Flask.

Never a block of `retry:`, `id:` or `event:` alone, which openai-python reads as JSON; a comment is skipped by all.
"""

import orjson

from api.errors import DecantError
from api.wire.openai.errors import error_object
from api.wire.sse import HEARTBEAT, OPEN

DONE = b"data: [DONE]\n\n"


class ChunkStream:
    """Chunks as server-sent events; a failure is a frame with `error`, and then the stream ends as it should."""

    opening: bytes = OPEN
    heartbeat: bytes = HEARTBEAT

    def encode(self, piece: bytes) -> bytes:
        """Frames go on as they are."""
        return piece

    def failure(self, error: DecantError) -> bytes:
        """Frame the error object, which all clients raise."""
        return b"data: %b\n\n%b" % (orjson.dumps(error_object(error)), DONE)


class WholeBody:
    """One JSON document, with space in front of it where it takes long (RFC 8259, section 2)."""

    opening: bytes = b" "
    heartbeat: bytes = b" "

    def encode(self, piece: bytes) -> bytes:
        """The document goes on as it is."""
        return piece

    def failure(self, error: DecantError) -> None:
        """Nothing can say it once a response of 200 has begun, so the body breaks off."""
