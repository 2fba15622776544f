"""A chat model whose completions a test writes down beforehand, for tests of what stands above the model."""

import threading
from collections import deque
from collections.abc import Iterator

from api.events import Event
from api.messages import Finished, ModelRequest

Step = list[Event] | Finished | Exception | threading.Event


class ScriptedCompletion:
    """Plays its steps: events are yielded, exceptions raised, a `threading.Event` waited for until set or closed."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self.content_at: float | None = None
        self.not_understood = 0
        self.closed = threading.Event()
        self.request: ModelRequest | None = None

    def events(self, request: ModelRequest) -> Iterator[list[Event] | Finished]:
        self.request = request
        for step in self._steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, threading.Event):
                while not step.wait(0.01) and not self.closed.is_set():
                    pass
            else:
                yield step
            if self.closed.is_set():
                return

    def close(self) -> None:
        self.closed.set()


class ScriptedChatModel:
    """Gives out the enqueued completions, first in first out."""

    def __init__(self) -> None:
        self._scripts: deque[list[Step]] = deque()
        self.completions: list[ScriptedCompletion] = []

    def enqueue(self, *steps: Step) -> None:
        self._scripts.append(list(steps))

    def open(self) -> ScriptedCompletion:
        self.completions.append(ScriptedCompletion(self._scripts.popleft()))
        return self.completions[-1]

    def model_names(self, limit_seconds: float) -> tuple[str, ...]:
        return ("scripted",)
