"""The conversation on a page as a fold over events: pure, no clock, no I/O; it decides, elements only show it."""

import uuid
from collections.abc import Iterable

from ui import events
from ui.messages import Failure, Message, Part, PartType, RequestMessage, Status


class ChatState:
    """The messages of one thread and the run that answers the last of them."""

    def __init__(self, thread_id: str | None = None, messages: Iterable[Message] = ()) -> None:
        self.thread_id = thread_id or str(uuid.uuid4())
        self.messages = list(messages)

    @property
    def answer(self) -> Message | None:
        """The last message, if it is an answer."""
        return self.messages[-1] if self.messages and self.messages[-1].role == "assistant" else None

    @property
    def is_running(self) -> bool:
        """Whether an answer is being written."""
        return self.answer is not None and self.answer.status.is_running

    def ask(self, text: str) -> None:
        """Append a user message and the answer that waits for its run."""
        self.messages.append(Message("user", [Part("text", [text])]))
        self._wait()

    def retry(self, answer: Message) -> bool:
        """Replace the answer by one that waits for a new run; only the last one can be, once its run is over."""
        if answer is not self.answer or answer.status.is_running:
            return False
        self.messages.pop()
        self._wait()
        return True

    def conversation(self) -> tuple[RequestMessage, ...]:
        """Return what a run is told: failed and empty answers left out, so that roles alternate."""
        told: list[RequestMessage] = []
        for message in self.messages:
            if not message.text or (message.role == "assistant" and message.status is Status.FAILED):
                continue
            if told and told[-1].role == message.role:
                told[-1] = RequestMessage(message.role, f"{told[-1].content}\n\n{message.text}")
            else:
                told.append(RequestMessage(message.role, message.text))
        return tuple(told)

    def apply(self, event: events.Event, at_seconds: float) -> None:
        """Fold one event into the running answer; without one nothing changes, so nothing grows after a Stop."""
        answer = self.answer
        if answer is None or not answer.status.is_running:
            return
        match event:
            case events.ReasoningDelta(text):
                self._append(answer, "reasoning", text, at_seconds)
            case events.MessageDelta(text):
                self._append(answer, "text", text, at_seconds)
            case events.ToolCallStarted(_, name):
                self._append(answer, "tool_call", name, at_seconds)
            case events.Usage():
                answer.usage = event
            case events.RunCompleted(finish_reason):
                answer.finish_reason = finish_reason
                self._end(answer, Status.COMPLETED, at_seconds)
            case events.RunCancelled():
                self._end(answer, Status.CANCELLED, at_seconds)
            case events.RunFailed(_, message, retryable):
                self._end(answer, Status.FAILED, at_seconds, message, is_retryable=retryable)
            case events.RunInterrupted(_, message, retryable):
                self._end(answer, Status.INTERRUPTED, at_seconds, message, is_retryable=retryable)

    def cancel(self, at_seconds: float) -> None:
        """End the running answer on request, keeping its text."""
        if self.answer and self.answer.status.is_running:
            self._end(self.answer, Status.CANCELLED, at_seconds)

    def fail(self, failure: Failure, at_seconds: float) -> None:
        """End the running answer because its stream could not be opened or read to the end."""
        if self.answer and self.answer.status.is_running:
            status = Status.TRUNCATED if failure.is_truncated else Status.FAILED
            self.answer.request_id = failure.request_id
            self._end(self.answer, status, at_seconds, failure.sentence, is_retryable=failure.is_retryable)

    def _wait(self) -> None:
        self.messages.append(Message("assistant", status=Status.WAITING))

    def _append(self, answer: Message, part_type: PartType, text: str, at_seconds: float) -> None:
        last = answer.parts[-1] if answer.parts else None
        if last is None or last.type != part_type or part_type == "tool_call":
            if last:
                last.ended_at = at_seconds
            last = Part(part_type, started_at=at_seconds)
            answer.parts.append(last)
        last.deltas.append(text)
        answer.status = Status.ANSWERING
        if answer.first_delta_at is None:
            answer.first_delta_at = at_seconds

    def _end(
        self, answer: Message, status: Status, at_seconds: float, sentence: str = "", *, is_retryable: bool = False
    ) -> None:
        answer.status = status
        answer.sentence = sentence
        answer.is_retryable = is_retryable
        answer.ended_at = at_seconds
        if answer.parts and answer.parts[-1].ended_at is None:
            answer.parts[-1].ended_at = at_seconds
