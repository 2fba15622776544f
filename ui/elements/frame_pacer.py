"""Decides when an element may draw its next frame, so that drawing never takes the event loop for itself."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from nicegui import app

AT_ONCE = 4_000

Frame = Callable[[], None]


class Timer(Protocol):
    """A call that has not been made yet."""

    def cancel(self) -> None:
        """Make sure that it never is."""


class Loop(Protocol):
    """What drawing needs of an event loop: its clock, in seconds, and its timers."""

    def time(self) -> float:
        """Return the time."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        """Call something after a delay, 0 meaning after what waits already."""


class FramePacer:
    """Runs the frames of all elements of one event loop one after another.

    After a frame that took c seconds the loop belongs to others for c * (1 - share) / share, and for as long again as
    the pacer itself was woken late. With few elements nobody notices; with many, everybody's frames come more slowly
    and in turn.
    """

    def __init__(self, loop: Loop, share: float = 0.6, overhead_seconds: float = 0.0003) -> None:
        self.loop = loop
        self._rest = (1 - share) / share
        self._overhead = overhead_seconds
        self._ready: deque[Frame] = deque()
        self._is_running = False
        self._free_at = 0.0
        self._at_once = 0

    def request(self, frame: Frame, delay: float = 0) -> None:
        """Run a frame once, not before `delay` seconds have passed."""
        if delay > 0:
            self.loop.call_later(delay, self.request, frame)
            return
        self._ready.append(frame)
        if not self._is_running:
            self._is_running = True
            self._schedule()

    def may_run_now(self, size: int) -> bool:
        """Whether something of a size, in characters, may be drawn without waiting for its turn."""
        if self._at_once == 0:
            self.loop.call_later(0, self._forget_at_once)
        self._at_once += size
        return self._at_once <= AT_ONCE

    def _forget_at_once(self) -> None:
        self._at_once = 0

    def _schedule(self) -> None:
        rest = self._free_at - self.loop.time()
        if rest > 0:
            self.loop.call_later(rest, self._run_next, self._free_at)
        else:
            self.loop.call_later(0, self._run_next, None)

    def _run_next(self, expected: float | None) -> None:
        started = self.loop.time()
        late = max(0.0, started - expected) if expected else 0.0
        frame = self._ready.popleft()
        try:
            frame()
        finally:
            ended = self.loop.time()
            self._free_at = ended + (ended - started + self._overhead) * self._rest + min(late, 0.1)
            self._is_running = bool(self._ready)
            if self._is_running:
                self._schedule()


def shared_pacer() -> FramePacer:
    """Return the pacer of the running loop, kept in the app's state."""
    loop, state = asyncio.get_running_loop(), app.state
    pacer: FramePacer | None = getattr(state, "frame_pacer", None)
    if pacer is None or pacer.loop is not loop:
        pacer = state.frame_pacer = FramePacer(loop)
    return pacer
