"""A run: one answer of a model, from its first event to its one terminal event.

A producer thread (a greenlet under gevent) reads the model and appends to the log; readers follow the log. Whoever
wants the end (the model, a failure, a limit, a cancel, a shutdown) calls `Run.end`; the first one wins, and the
provider's connection is closed at once. `conclude` then writes the terminal event: at once for a run that nobody
stores, and after the store has taken it for the others.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from api.errors import DecantError, Internal, ProviderError, ProviderTimeout, ServerShutdown
from api.events import (
    Event,
    MessageDelta,
    ReasoningDelta,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
    Usage,
)
from api.messages import ModelRequest
from api.runs.log import RunLog
from api.runs.model import ChatModel, Completion

TEXT = (MessageDelta, ReasoningDelta)
RETRY_DELAYS_SECONDS = (0.5, 1.0)
LONGEST_RETRY_DELAY_SECONDS = 5.0

logger = logging.getLogger(__name__)


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


class Run:
    """One answer in the making; `run_id`, `request` and `log` are for everybody, `tick` is for the clock."""

    def __init__(
        self,
        started: RunStarted,
        request: ModelRequest,
        request_id: str,
        chat_model: ChatModel,
        limits: Limits,
        on_sealed: Callable[["Run"], None],
    ) -> None:
        self.run_id = started.run_id
        self.started = started
        self.request = request
        self.request_id = request_id
        self.log = RunLog()
        self.log.append([started])
        self.started_at = time.monotonic()
        self.first_content_at: float | None = None
        self.ended_at: float | None = None
        self.usage: Usage | None = None
        self.terminal: Event | None = None
        self.error: DecantError | None = None
        self._content_at = self.started_at
        self._answer_chars = 0
        self._chat_model = chat_model
        self._limits = limits
        self._on_sealed = on_sealed
        self._completion: Completion | None = None
        self._ended = threading.Event()

    def produce(self) -> None:
        """Ask the model and append what it says, to the end; asks again while a failure came before any content."""
        try:
            self._ask_with_retries()
        except DecantError as error:
            self.fail(error)
        except Exception:
            if not self.log.is_sealed:
                logger.exception("Run %s failed", self.run_id)
                self.fail(Internal(f"Something went wrong inside Decant; its log says more about run {self.run_id}."))

    def fail(self, error: DecantError) -> None:
        """End with `run.failed`."""
        self.end(RunFailed(error.code, str(error), error.retryable), error)

    def cancel(self) -> None:
        """End with `run.cancelled`."""
        self.end(RunCancelled())

    def interrupt(self) -> None:
        """End with `run.interrupted`, because this process is going away."""
        error = ServerShutdown("The server is restarting. Try again in a moment.", retry_after_seconds=2)
        self.end(RunInterrupted(error.code, str(error), error.retryable), error)

    def end(self, terminal: Event, error: DecantError | None = None) -> None:
        """Take no more of the answer and let go of the provider; once ended, do nothing."""
        if self._seal(terminal, error):
            self._on_sealed(self)

    def abandon(self) -> None:
        """Let go of a run that another process has ended: its readers find the stored end there, not here."""
        error = ServerShutdown("Another server has ended this answer. Try again in a moment.", retry_after_seconds=2)
        self._seal(RunInterrupted(error.code, str(error), error.retryable), error)
        self.log.cut()

    def last_events(self) -> list[Event]:
        """Return what the log of a sealed run still lacks: the usage, unless the provider gave it, and the terminal."""
        (last,) = self.log.replay_after(self.log.last_seq - 1)
        if isinstance(last.event, Usage):
            self.usage = last.event
            return [self._terminal]
        self.usage = self._estimated_usage()
        return [self.usage, self._terminal]

    def conclude(self) -> None:
        """Write the last events into the log, where the readers find them."""
        if not self.log.is_ended:
            self.log.end(self.last_events())

    def tick(self, now: float) -> None:
        """Fail when the provider has said nothing for too long; comments of the provider do not count."""
        begun = self.first_content_at is not None
        limit = self._limits.stall_seconds if begun else self._limits.first_token_seconds
        told_at = self._completion.content_at if self._completion else None
        if now - max(self._content_at, told_at or 0) > limit:
            what = "stopped sending" if begun else "did not begin to answer"
            self.fail(ProviderTimeout(f"The model {what} for {limit:g} seconds. Try again, or ask for less."))

    def _seal(self, terminal: Event, error: DecantError | None) -> bool:
        is_first = self.log.seal()
        if is_first:
            self.error = error
            self.terminal = terminal
            self.ended_at = time.monotonic()
            self._ended.set()
            if self._completion is not None:
                self._completion.close()
        return is_first

    @property
    def _terminal(self) -> Event:
        if self.terminal is None:
            raise RuntimeError("the run has not ended")
        return self.terminal

    def _ask_with_retries(self) -> None:
        for delay in RETRY_DELAYS_SECONDS:
            try:
                return self._ask()
            except ProviderError as error:
                wait_seconds = error.retry_after_seconds or delay
                if not error.retryable or self.first_content_at or wait_seconds > LONGEST_RETRY_DELAY_SECONDS:
                    raise
            if self._ended.wait(wait_seconds):
                return None
        return self._ask()

    def _ask(self) -> None:
        self._completion = completion = self._chat_model.open()
        # An end before this line has seen no completion to close.
        if not self.log.is_sealed:
            for events in completion.events(self.request):
                self._append(events)

    def _append(self, events: list[Event]) -> None:
        if not events:
            return
        outcome = events[-1]
        if isinstance(outcome, RunCompleted):
            if len(events) > 1:
                self.log.append(events[:-1])
            self.end(outcome)
            return
        self._content_at = time.monotonic()
        self.first_content_at = self.first_content_at or self._content_at
        self.log.append(events)
        for event in events:
            if isinstance(event, TEXT):
                self._answer_chars += len(event.text)
        if self._answer_chars > self._limits.max_answer_chars:
            self.end(RunCompleted("length"))

    def _estimated_usage(self) -> Usage:
        """Count four bytes of UTF-8 as a token, which is near for English and for Chinese."""
        input_bytes = sum(len(message.text.encode()) for message in self.request.messages)
        output_bytes = sum(
            len(entry.event.text.encode()) for entry in self.log.replay_after(0) if isinstance(entry.event, TEXT)
        )
        return Usage(input_bytes // 4 + 1, output_bytes // 4, estimated=True)
