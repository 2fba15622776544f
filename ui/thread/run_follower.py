"""One run on its way into the state of a page: events are folded in, and a long cut is shown."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from ui.client.backend import Backend
from ui.client.mailbox import Connection, Entry
from ui.client.run_reader import RunReader
from ui.messages import Message, RunRequest, RunToFollow
from ui.thread.state import ChatState

# A cut that heals within this time is nobody's business.
QUIET_SECONDS = 2.0


class RunFollower:
    """Reads the run of one answer."""

    def __init__(self, backend: Backend, state: ChatState, answer: Message, on_change: Callable[[], None]) -> None:
        self.answer = answer
        self._backend = backend
        self._state = state
        self._on_change = on_change
        self._reader: RunReader | None = None
        self._cut: asyncio.TimerHandle | None = None
        self._is_closed = False

    def close(self) -> None:
        """Stop reading; the run goes on."""
        self._is_closed = True
        if self._reader:
            self._reader.close()

    async def read(self, run: RunRequest | RunToFollow) -> None:
        """Fold the run's events into the answer until there are no more, or one is missing.

        Raises:
            PageError: the run could not be started, or is none that can be followed.
        """
        if self._is_closed:
            return
        self._reader = RunReader(self._backend.client, self._backend.executor)
        try:
            async with aclosing(self._reader.read(run)) as batches:
                async for entries in batches:
                    is_whole = self._apply(entries)
                    self._on_change()
                    if not is_whole:
                        return
        finally:
            self._mend()

    def _apply(self, entries: list[Entry]) -> bool:
        now = self._backend.clock()
        for entry in entries:
            if entry is Connection.CUT:
                self._cut = self._cut or asyncio.get_running_loop().call_later(QUIET_SECONDS, self._show_cut)
            elif entry is Connection.OPEN:
                self._mend()
            elif not self._state.apply(self.answer, entry, now):
                return False
        return True

    def _show_cut(self) -> None:
        if self.answer.status.is_running and not self._is_closed:
            self.answer.is_cut = True
            self._on_change()

    def _mend(self) -> None:
        if self._cut:
            self._cut.cancel()
        self._cut = None
        self.answer.is_cut = False
