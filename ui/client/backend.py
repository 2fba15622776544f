"""What all pages of the process share to reach the API."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from ui.client.api_client import ApiClient
from ui.client.api_watch import ApiWatch
from ui.client.run_reader import StreamExecutor
from ui.errors import PageError

MOST_SLOW_CALLS = 8

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Backend:
    """The API, what is known of it, and the threads that wait for it; `clock` is for durations, `time` for dates."""

    client: ApiClient
    watch: ApiWatch
    executor: StreamExecutor
    calls: ThreadPoolExecutor
    clock: Callable[[], float]
    time: Callable[[], float]
    slow_calls: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_SLOW_CALLS))

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a blocking function of the client on a thread of its own.

        Raises:
            PageError: what the function raises, or this process is going away.
        """
        return await self._submit(partial(function, *args, **kwargs))

    async def call_slow(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call what may wait long for somebody else's server, few at a time: the others' threads stay free.

        Raises:
            PageError: what the function raises, or this process is going away.
        """
        async with self.slow_calls:
            return await self._submit(partial(function, *args, **kwargs))

    def _submit(self, call: Callable[[], T]) -> "asyncio.Future[T]":
        # The future is held by no frame: with its exception, whose traceback leads to the frame, it would be a cycle.
        try:
            return asyncio.get_running_loop().run_in_executor(self.calls, call)
        except RuntimeError as exc:
            raise PageError("The page is stopping.") from exc
