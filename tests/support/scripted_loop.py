"""An event loop whose time passes only as a test says."""

import heapq
import itertools
from collections.abc import Callable
from typing import Any


class ScriptedTimer:
    """A call that waits for its time."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class ScriptedLoop:
    """The clock and the timers of a loop."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, ScriptedTimer]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> ScriptedTimer:
        timer = ScriptedTimer(lambda: callback(*args))
        heapq.heappush(self._timers, (self._now + delay, next(self._order), timer))
        return timer

    def work(self, seconds: float) -> None:
        """Let something take its time; meanwhile no timer is heard."""
        self._now += seconds

    def run(self, seconds: float = 0.0) -> None:
        """Let so much time pass with every timer at its time, those that are added on the way too."""
        until = self._now + seconds
        while self._timers and self._timers[0][0] <= until:
            due, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, due)
            if not timer.is_cancelled:
                timer.call()
        self._now = max(self._now, until)
