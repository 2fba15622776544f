"""The stored messages of a thread on their way into the state of a page; only the last page is asked for again."""

import asyncio
from collections.abc import Callable

from ui.client.api_client import ApiClient
from ui.client.backend import Backend
from ui.messages import Message
from ui.thread.state import ChatState


class StoredMessages:
    """Reads what a thread has that a page has not."""

    def __init__(self, backend: Backend, state: ChatState) -> None:
        self._backend = backend
        self._state = state
        self._cursor: str | None = None
        self._turn = asyncio.Lock()

    async def load(self, followed: Callable[[], Message | None]) -> None:
        """Take in the messages from the last known page on, but leave the answer that is followed to its events.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        async with self._turn:
            client, thread_id = self._backend.client, self._state.thread_id
            messages, cursor = await self._backend.call(_read, client, thread_id, self._cursor)
            if self._state.is_asking:
                return  # what was just asked for may be among the messages, and has no id here yet
            self._cursor = cursor
            self._state.merge(messages, followed=followed())


def _read(client: ApiClient, thread_id: str, cursor: str | None) -> tuple[list[Message], str | None]:
    messages: list[Message] = []
    while True:
        page = client.messages(thread_id, cursor)
        messages += page.messages
        if page.next_cursor is None:
            return messages, cursor
        cursor = page.next_cursor
