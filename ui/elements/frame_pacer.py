"""Decides when an element may draw its next frame, so that drawing never takes the event loop for itself."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter

from nicegui import app

Frame = Callable[[], None]


class FramePacer:
    """Runs the frames of all elements of one event loop one after another.

    After a frame that took c seconds the loop belongs to others for c * (1 - share) / share, and for as long again as
    the pacer itself was woken late. With few elements nobody notices; with many, everybody's frames come more slowly
    and in turn.
    """

    def __init__(self, share: float = 0.6, overhead_seconds: float = 0.0003) -> None:
        self._rest = (1 - share) / share
        self._overhead = overhead_seconds
        self._ready: deque[Frame] = deque()
        self._is_running = False
        self._free_at = 0.0

    def request(self, frame: Frame, delay: float = 0) -> None:
        """Run a frame once, not before `delay` seconds have passed."""
        if delay > 0:
            asyncio.get_running_loop().call_later(delay, self.request, frame)
            return
        self._ready.append(frame)
        if not self._is_running:
            self._is_running = True
            self._schedule()

    def _schedule(self) -> None:
        rest = self._free_at - perf_counter()
        if rest > 0:
            asyncio.get_running_loop().call_later(rest, self._run_next, self._free_at)
        else:
            asyncio.get_running_loop().call_soon(self._run_next, None)

    def _run_next(self, expected: float | None) -> None:
        started = perf_counter()
        late = max(0.0, started - expected) if expected else 0.0
        frame = self._ready.popleft()
        try:
            frame()
        finally:
            ended = perf_counter()
            self._free_at = ended + (ended - started + self._overhead) * self._rest + min(late, 0.1)
            self._is_running = bool(self._ready)
            if self._is_running:
                self._schedule()


def shared_pacer() -> FramePacer:
    """Return the pacer of this process, kept in the app's state."""
    state = app.state
    if not hasattr(state, "frame_pacer"):
        state.frame_pacer = FramePacer()
    pacer: FramePacer = state.frame_pacer
    return pacer
