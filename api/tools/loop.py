"""The asyncio loop of a worker, in one ordinary thread: a greenlet where gevent has patched threads.

Nothing is made at import: a lock that is older than gevent's patch would block the hub.
"""

import asyncio
import threading
from asyncio import Handle
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Loop(asyncio.SelectorEventLoop):
    """Wakes up for what another greenlet of the same native thread asks of it (gevent issue 2213)."""

    _thread_id: int | None

    def call_soon(self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> Handle:
        """Call the function soon, also where the caller only seems to run in the loop."""
        handle = super().call_soon(callback, *args, context=context)
        if self._thread_id is not None and threading.get_ident() != self._thread_id:
            self._write_to_self()  # type: ignore[attr-defined] # asyncio's own.
        return handle


class LoopThread:
    """Runs coroutines for other threads until it is closed."""

    def __init__(self) -> None:
        self._loop = _Loop()
        self._thread = threading.Thread(target=self._run, name="tools", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the loop; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def call(self, function: Callable[[], object]) -> None:
        """Call a function in the loop, soon."""
        self._loop.call_soon_threadsafe(function)

    def close(self, seconds: float) -> None:
        """End the loop and wait for its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()
