"""The steps of a run: each is one call to the model, which says events and ends with `Finished`.

A step that fails before it has said anything is asked again. Nothing here knows of logs and terminal events: `take`
hands on what the model says and returns why it stopped.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from api.errors import ProviderError, ProviderTimeout, ProviderTruncated
from api.events import Event, MessageDelta, ReasoningDelta, Usage
from api.hub import in_turns
from api.messages import Finished, ModelRequest
from api.runs.model import ChatModel, Completion

TEXT = (MessageDelta, ReasoningDelta)
RETRY_DELAYS_SECONDS = (0.5, 1.0)
LONGEST_RETRY_DELAY_SECONDS = 5.0

Append = Callable[[Sequence[Event]], object]


class Limits(Protocol):
    """The settings a run obeys."""

    @property
    def first_token_seconds(self) -> float:
        """How long the model may take to begin."""

    @property
    def stall_seconds(self) -> float:
        """How long it may be silent within an answer."""

    @property
    def max_answer_chars(self) -> int:
        """The longest answer."""


class Steps:
    """The calls to the model that make one answer; `take` belongs to one thread, the rest to any.

    `first_content_at` is the monotonic time of the first event; `usage` is the sum of what the provider has told, and
    `not_understood` counts what else it sent.
    """

    def __init__(
        self,
        chat_model: ChatModel,
        request: ModelRequest,
        limits: Limits,
        retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS,
    ) -> None:
        self.first_content_at: float | None = None
        self.usage: Usage | None = None
        self.not_understood = 0
        self._chat_model = chat_model
        self._request = request
        self._limits = limits
        self._retry_delays_seconds = retry_delays_seconds
        self._content_at = time.monotonic()
        self._answer_chars = 0
        self._completion: Completion | None = None
        self._closed = threading.Event()

    def take(self, append: Append) -> Finished | None:
        """Ask the model and append what it says, to the end of its answer; None after `close`.

        Raises:
            ProviderError: The provider failed; what it has said before is appended.
        """
        finished = self._ask_with_retries(append)
        if finished is None and not self._closed.is_set():
            raise ProviderTruncated("The provider's answer ended before it was complete.")
        if finished is not None:
            self.usage = finished.usage
        return finished

    def close(self) -> None:
        """Let go of the provider: its connection closes at once, and nothing more is asked."""
        self._closed.set()
        if self._completion is not None:
            self._completion.close()

    def check_silence(self, now: float) -> None:
        """Raise when the provider has said nothing for too long; its keep-alives do not count.

        Raises:
            ProviderTimeout: It has.
        """
        begun = self.first_content_at is not None
        limit = self._limits.stall_seconds if begun else self._limits.first_token_seconds
        told_at = self._completion.content_at if self._completion else None
        if now - max(self._content_at, told_at or 0) > limit:
            what = "stopped sending" if begun else "did not begin to answer"
            raise ProviderTimeout(f"The model {what} for {limit:g} seconds. Try again, or ask for less.")

    def _ask_with_retries(self, append: Append) -> Finished | None:
        for delay in self._retry_delays_seconds:
            try:
                return self._ask(append)
            except ProviderError as error:
                wait_seconds = error.retry_after_seconds or delay
                if not error.retryable or self.first_content_at or wait_seconds > LONGEST_RETRY_DELAY_SECONDS:
                    raise
            if self._closed.wait(wait_seconds):
                return None
        return self._ask(append)

    def _ask(self, append: Append) -> Finished | None:
        self._completion = completion = self._chat_model.open()
        # A `close` before this line has seen no completion to close.
        if self._closed.is_set():
            return None
        try:
            for said in completion.events(self._request):
                if isinstance(said, Finished):
                    return said
                if said:
                    self._hand_on(said, append)
                if self._answer_chars > self._limits.max_answer_chars:
                    return Finished("length")
            return None
        finally:
            self.not_understood += completion.not_understood

    def _hand_on(self, events: list[Event], append: Append) -> None:
        self._content_at = time.monotonic()
        self.first_content_at = self.first_content_at or self._content_at
        append(events)
        for event in events:
            if isinstance(event, TEXT):
                self._answer_chars += len(event.text)


def estimated_usage(request: ModelRequest, events: Iterable[Event]) -> Usage:
    """Count four bytes of UTF-8 as a token, which is near for English and for Chinese."""
    input_bytes = sum(len(message.text.encode()) for message in in_turns(request.messages))
    output_bytes = sum(len(event.text.encode()) for event in in_turns(events) if isinstance(event, TEXT))
    return Usage(input_bytes // 4 + 1, output_bytes // 4, estimated=True)
