"""HTTP responses of MCP servers, bounded: what is too long, or has too many pieces, ends its connection.

Why, and the numbers, are in `relay`, which does the same for processes.
"""

from collections.abc import AsyncIterator

import httpx2

from api.tools.relay import MAX_BYTES, MAX_MARKS, TOO_MUCH

_ENDS = (b"\n\n", b"\r\n\r\n")  # of an event


class BoundedTransport(httpx2.AsyncHTTPTransport):
    """Gives responses whose messages can be read in a moment."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask, and bound what is answered."""
        response = await super().handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream)
        return response


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = marks = 0
        async for received in self._stream:
            size += len(received)
            marks += received.count(b'"') + received.count(b",")
            if size > MAX_BYTES or marks > MAX_MARKS:
                raise httpx2.ReadError(TOO_MUCH)
            if received.endswith(_ENDS):
                size = marks = 0
            yield received

    async def aclose(self) -> None:
        await self._stream.aclose()
