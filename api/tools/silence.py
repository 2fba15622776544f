"""How long a call may say nothing, and go on at all; stopped while a person is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_SECONDS = 3600.0


class Silence:
    """The deadline of one call, for the loop's thread: moved by whatever the server says of it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._latest = self._loop.time() + MOST_SECONDS
        self._limit: asyncio.Timeout | None = None
        self._paused_at: float | None = None
        self.heard_at = self._loop.time()

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """End what is done within when the deadline is over.

        Raises:
            TimeoutError: It was.
        """
        try:
            async with asyncio.timeout(None) as self._limit:
                self._move()
                yield
        finally:
            self._limit = None

    def hear(self) -> None:
        """Begin the silence anew: the server says how far it is."""
        self.heard_at = self._loop.time()
        self._move()

    def pause(self) -> None:
        """Let time pass that does not count."""
        if self._paused_at is None:
            self._paused_at = self._loop.time()
        self._move()

    def go_on(self) -> None:
        """Count again, from the beginning of a silence."""
        if self._paused_at is not None:
            self._latest += self._loop.time() - self._paused_at
            self._paused_at = None
        self._move()

    def sentence(self) -> str:
        """Say what was over when the call was ended."""
        if self._loop.time() >= self._latest:
            what = f"took longer than {MOST_SECONDS:g}"
        else:
            what = f"was silent for {self._seconds:g}"
        return f"The tool {what} seconds and is cancelled."

    def _move(self) -> None:
        is_paused = self._paused_at is not None
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(None if is_paused else min(self._loop.time() + self._seconds, self._latest))
