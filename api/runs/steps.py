"""The steps of a run: each is one call to the model, which says events and ends with `Finished`.

A step that fails before it has said anything is asked again. What the model wants of tools is made between two steps,
and told to it in the next. `take` hands on what is said and returns why it stopped: it knows of no terminal events.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from api.errors import ProviderError, ProviderTimeout, ProviderTruncated, ToolsUnsupported, TooManySteps
from api.events import Event, StepStarted, ToolCallRequiresAction, ToolCallStarted, Usage
from api.hub import in_turns
from api.messages import Finished, Message, ModelRequest
from api.parts import fold_events
from api.runs.calls import Calls
from api.runs.log import RunLog
from api.runs.model import ChatModel, Completion, PatienceLimits
from api.runs.toolbox import NOBODY, NOT_STORED, Decided, Judged, Toolbox
from api.runs.usage import TEXT, estimated_usage, events_of_step, total_usage
from api.tool_calls import failed

RETRY_DELAYS_SECONDS = (0.5, 1.0)
LONGEST_RETRY_DELAY_SECONDS = 5.0
NO_TOKENS = Usage(0, 0, estimated=False)

Append = Callable[[Sequence[Event]], object]


class Limits(PatienceLimits, Protocol):
    """The settings a run obeys."""

    @property
    def max_answer_chars(self) -> int:
        """The longest answer."""

    @property
    def max_steps(self) -> int:
        """The most calls to the model of one answer."""


@dataclass(frozen=True, slots=True)
class Parked:
    """The run waits for a person, who is asked what is said here once that is stored."""

    questions: Sequence[ToolCallRequiresAction]


class Steps:
    """The calls to the model that make one answer; `take` belongs to one thread, the rest to any.

    `first_content_at` is the monotonic time of the first event; `usage` is the sum of the finished steps, and
    `not_understood` counts what else the provider sent. `decided` are the calls that a run goes on with which waited;
    `by_hand` is the one call of a run that asks no model.
    """

    def __init__(
        self,
        chat_model: ChatModel,
        request: ModelRequest,
        limits: Limits,
        retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS,
        *,
        toolbox: Toolbox | None = None,
        decided: Sequence[Decided] = (),
        step: int = 1,
        usage: Usage | None = None,
        by_hand: ToolCallStarted | None = None,
    ) -> None:
        self.first_content_at: float | None = None
        self.usage = usage if by_hand is None else NO_TOKENS
        self.is_counted = bool(decided) or by_hand is not None
        self.not_understood = 0
        self._chat_model = chat_model
        self._question = self.request = request
        self._limits = limits
        self._retry_delays_seconds = retry_delays_seconds
        self._toolbox = toolbox
        self._making = Calls(toolbox.tools, toolbox.run_id) if toolbox is not None else None
        self._decided = decided
        self._by_hand = by_hand
        self._step = step
        self._wanted: list[ToolCallStarted] = []
        self._known_ids: set[str] = set()
        self._has_begun = False
        self._is_asking = True
        self._content_at = time.monotonic()
        self._answer_chars = 0
        self._completion: Completion | None = None
        self._closed = threading.Event()

    def take(self, log: RunLog) -> Finished | Parked | None:
        """Ask the model and append what it says, to the end of its answer; None after `close`.

        Raises:
            ProviderError: The provider failed; what it has said before is appended.
            TooManySteps: The model goes on calling tools.
        """
        if self._toolbox is None or self._making is None:
            return self._step_taken(log)
        if self._by_hand is not None and not self._decided:
            log.append([call := self._toolbox.named(self._by_hand)])
            judged = self._toolbox.judge([call])
        elif self._decided:
            self._known_ids = {
                entry.event.tool_call_id for entry in log.entries if isinstance(entry.event, ToolCallStarted)
            }
            self._is_asking = False
            judged = self._toolbox.judge_decided(self._decided)
            self._toolbox.look()
        else:
            finished = self._step_taken(log)
            if finished is None or not self._wanted:
                return finished
            judged = self._toolbox.judge(self._wanted)
        while self._settled(judged, log, self._toolbox, self._making):
            if judged.questions:
                return Parked(judged.questions)
            if self._by_hand is not None:
                return Finished("stop")
            self._begin_step(log)
            finished = self._step_taken(log)
            if finished is None or not self._wanted:
                return finished
            judged = self._toolbox.judge(self._wanted)
        return None

    def close(self) -> None:
        """Let go of the provider: its connection closes at once, and nothing more is asked; nor of any server."""
        self._closed.set()
        if self._completion is not None:
            self._completion.close()
        if self._making is not None:
            self._making.close()

    def forget(self) -> None:
        """Cancel the calls that are open while a person is asked: the run does not wait for one."""
        if self._toolbox is not None:
            self._toolbox.tools.forget(self._toolbox.run_id)

    def check_silence(self, now: float) -> None:
        """Raise when the provider has said nothing for too long; its keep-alives do not count.

        Raises:
            ProviderTimeout: It has.
        """
        if not self._is_asking:
            return
        limit = self._limits.stall_seconds if self._has_begun else self._limits.first_token_seconds
        told_at = self._completion.content_at if self._completion else None
        if now - max(self._content_at, told_at or 0) > limit:
            what = "stopped sending" if self._has_begun else "did not begin to answer"
            raise ProviderTimeout(f"The model {what} for {limit:g} seconds. Try again, or ask for less.")

    def _step_taken(self, log: RunLog) -> Finished | None:
        """Ask once; what it wants of tools is `_wanted` then."""
        self._wanted = []
        if self._toolbox is not None and self._toolbox.told != self.request.tools:
            self.request = replace(self.request, tools=self._toolbox.told)
        finished = self._ask_with_retries(log.append)
        if finished is None and not self._closed.is_set():
            raise ProviderTruncated("The provider's answer ended before it was complete.")
        if finished is not None and (finished.usage is not None or self._wanted):
            self.usage = total_usage(self.usage, finished.usage or estimated_usage(self.request, events_of_step(log)))
            self.is_counted = True
        return finished

    def _settled(self, judged: Judged, log: RunLog, toolbox: Toolbox, making: Calls) -> bool:
        """Make the calls that may be made, and say what has become of all but those that a person is asked about."""
        self._is_asking = False
        log.append([making.completed(*answer) for answer in judged.answers])
        if judged.calls and not toolbox.wait_stored():
            log.append([making.completed(call.tool_call_id, failed(NOT_STORED)) for call in judged.calls])
            return not self._closed.is_set()
        if not making.make(judged.calls, log.append) or self._closed.is_set():
            self.forget()
            return False
        if toolbox.has_person:
            judged.questions += [toolbox.asked_by_server(call, answer) for call, answer in making.asking]
        else:
            log.append([making.completed(call.tool_call_id, failed(NOBODY)) for call, _ in making.asking])
            self.forget()
        return True

    def _begin_step(self, log: RunLog) -> None:
        if self._step >= self._limits.max_steps:
            raise TooManySteps(f"The model has called tools in {self._step} steps and goes on: that is the limit.")
        self._step += 1
        said = fold_events(in_turns((entry.event.type, entry.fields) for entry in log.entries))
        self.request = replace(self.request, messages=(*self._question.messages, Message("assistant", said)))
        log.append([StepStarted(self._step)])
        self._content_at = time.monotonic()
        self._is_asking, self._has_begun, self.is_counted = True, False, False

    def _ask_with_retries(self, append: Append) -> Finished | None:
        for delay in self._retry_delays_seconds:
            try:
                return self._ask(append)
            except ProviderError as error:
                wait_seconds = error.retry_after_seconds or delay
                is_final = not error.retryable or isinstance(error, ToolsUnsupported)
                if is_final or self._has_begun or wait_seconds > LONGEST_RETRY_DELAY_SECONDS:
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
            for said in completion.events(self.request):
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
        self._has_begun = True
        self.first_content_at = self.first_content_at or self._content_at
        if self._toolbox is not None:
            events = [self._named(event, self._toolbox) for event in events]
        append(events)
        for event in events:
            if isinstance(event, TEXT):
                self._answer_chars += len(event.text)

    def _named(self, event: Event, toolbox: Toolbox) -> Event:
        """Let a call have an id of its own, for some providers count anew in each step, and its tool's name."""
        if not isinstance(event, ToolCallStarted):
            return event
        unused = (
            f"{event.tool_call_id}_{number}" for number in range(self._step, self._step + len(self._known_ids) + 1)
        )
        given = event.tool_call_id if event.tool_call_id.strip(". ") else ""  # Dots alone are no part of an address.
        is_good = bool(given) and given not in self._known_ids
        own_id = given if is_good else next(name for name in unused if name not in self._known_ids)
        call = toolbox.named(replace(event, tool_call_id=own_id))
        self._known_ids.add(own_id)
        self._wanted.append(call)
        return call
