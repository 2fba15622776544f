"""A run: one answer of a model, from its first event to its one terminal event; see the picture in the package.

A producer thread (a greenlet under gevent) takes the run's steps and appends to the log; readers follow the log.
Whoever wants the end (the model, a failure, a limit, a cancel, a shutdown) seals the run; the first one wins, and the
provider's connection is closed at once.
"""

import logging
import time
from collections.abc import Callable, Sequence

from api.errors import DecantError, Internal, ProviderError, ServerShutdown, forget_frames
from api.events import (
    Event,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
    TerminalEvent,
    ToolCallRequiresAction,
    Usage,
)
from api.messages import ModelRequest
from api.runs.log import LoggedEvent, RunLog
from api.runs.steps import Parked, Steps
from api.runs.usage import estimated_usage, events_of_step, total_usage

logger = logging.getLogger(__name__)


class Run:
    """One answer in the making; `run_id`, `request` and `log` are for everybody, `tick` is for the clock.

    `logged` is what the log of a run has that is taken up.
    """

    def __init__(
        self,
        started: RunStarted,
        request: ModelRequest,
        request_id: str,
        steps: Steps,
        on_sealed: Callable[["Run"], None],
        logged: Sequence[LoggedEvent] = (),
    ) -> None:
        self.run_id = started.run_id
        self.started = started
        self.request = request
        self.request_id = request_id
        self.log = RunLog(logged)
        if not logged:
            self.log.append([started])
        self.started_at = time.monotonic()
        self.sealed_at: float | None = None
        self.usage: Usage | None = None
        self.terminal: TerminalEvent | None = None
        self.questions: Sequence[ToolCallRequiresAction] = ()
        self.error: DecantError | None = None
        self._steps = steps
        self._on_sealed = on_sealed

    @property
    def first_content_at(self) -> float | None:
        """The monotonic time of the first event that the model said."""
        return self._steps.first_content_at

    @property
    def not_understood(self) -> int:
        """How many things the provider sent that are no part of an answer."""
        return self._steps.not_understood

    def produce(self) -> None:
        """Ask the model and append what it says, to the end."""
        try:
            finished = self._steps.take(self.log)
            if isinstance(finished, Parked):
                self._park(finished.questions)
            elif finished is not None:
                self.seal(RunCompleted(finished.finish_reason))
        except DecantError as error:
            self.fail(error)
            forget_frames(error)
        except Exception as error:
            if not self.log.is_sealed:
                logger.exception("Run %s failed", self.run_id)
                self.fail(_defect(self.run_id))
            forget_frames(error)

    def fail(self, error: DecantError) -> None:
        """Seal with `run.failed`."""
        self.seal(RunFailed(error.code, str(error), error.retryable), error)

    def cancel(self) -> bool:
        """Seal with `run.cancelled`; False where that is too late, because it waits for a person."""
        self.seal(RunCancelled())
        return not self.log.is_parked

    def interrupt(self) -> None:
        """Seal with `run.interrupted`, because this process is going away."""
        error = ServerShutdown("The server is restarting. Try again in a moment.", retry_after_seconds=2)
        self.seal(RunInterrupted(error.code, str(error), error.retryable), error)

    def seal(self, terminal: TerminalEvent, error: DecantError | None = None) -> None:
        """Take no more of the answer and let go of the provider; the second time does nothing."""
        if self._seal(terminal, error):
            self._on_sealed(self)

    def abandon(self) -> None:
        """Let go of a run that another process has ended: its readers find the stored end there, not here."""
        error = ServerShutdown("Another server has ended this answer. Try again in a moment.", retry_after_seconds=2)
        self._seal(RunInterrupted(error.code, str(error), error.retryable), error)
        self.log.abandon()

    def last_events(self) -> list[Event]:
        """Return what the log of a sealed run still lacks: its questions, the usage, the terminal event."""
        if self.terminal is not None:
            return [self.count_usage(), self.terminal]
        if not self.questions:
            raise RuntimeError("the run is not sealed")
        return [*self.questions, self.count_usage()]

    def count_usage(self) -> Usage:
        """Return the tokens so far."""
        self.usage = self._steps.usage
        if self.usage is None or not self._steps.is_counted:
            self.usage = total_usage(self.usage, estimated_usage(self._steps.request, events_of_step(self.log)))
        return self.usage

    def expires_at(self) -> float:
        """Return when a parked run's first question expires, in seconds since 1970."""
        return min(question.expires_at for question in self.questions)

    def end_as_failed(self) -> None:
        """Change the end of a sealed run, which has turned out to be one that cannot be stored, into a failure."""
        error = _defect(self.run_id)
        self.error, self.terminal = error, RunFailed(error.code, str(error), error.retryable)
        self._steps.usage = None

    def end(self) -> None:
        """Write the last events into the log of a sealed run, where its readers find them."""
        if not self.log.is_ended:
            self.log.end(self.last_events())

    def tick(self, now: float) -> None:
        """Fail when the provider has said nothing for too long."""
        try:
            self._steps.check_silence(now)
        except ProviderError as error:
            self.fail(error)

    def _park(self, questions: Sequence[ToolCallRequiresAction]) -> None:
        """Seal without an end: the run waits for a person."""
        self.questions = questions
        if self.log.seal(is_parked=True):
            self.sealed_at = time.monotonic()
            self._steps.close()
            self._on_sealed(self)
        else:
            self._steps.forget()

    def _seal(self, terminal: TerminalEvent, error: DecantError | None) -> bool:
        is_first = self.log.seal()
        if is_first:
            self.error = error.fresh() if error is not None else None
            self.terminal = terminal
            self.sealed_at = time.monotonic()
            self._steps.close()
        return is_first


def _defect(run_id: str) -> Internal:
    return Internal(f"Something went wrong inside Decant; its log says more about run {run_id}.")
