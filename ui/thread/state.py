"""The open thread on a page as a fold over stored messages and events: pure, no clock, no I/O.

It decides, elements only show it. What a person just asked for is here before the API has it, under provisional ids;
the run's first event names the answer, and the stored messages name the rest.
"""

from collections.abc import Iterable

from ui import events
from ui.messages import Failure, Message, Part, PartType, Status
from ui.thread.tree import MessageTree

PROVISIONAL = "new-"
SHOWN_ROLES = ("user", "assistant")


class ChatState:
    """The tree of one thread's messages, the way through it that is shown, and the run that goes on.

    `thread_id` is what the last run said it belongs to.
    """

    def __init__(self, stored: Iterable[Message] = ()) -> None:
        self._tree = MessageTree()
        self._running: Message | None = None
        self._former: Message | None = None
        self._asked = 0
        self.thread_id: str | None = None
        self.merge(stored)

    @property
    def messages(self) -> list[Message]:
        """What is shown, from the first message to the last."""
        return [message for message in self._tree.path if message.role in SHOWN_ROLES]

    @property
    def running(self) -> Message | None:
        """The answer that is being written, whether it is shown or not; a thread has one at a time."""
        return self._running if self._running and self._running.status.is_running else None

    @property
    def is_running(self) -> bool:
        """Whether an answer is being written."""
        return self.running is not None

    def get(self, message_id: str | None) -> Message | None:
        """Return the message of that id, if it is here."""
        return self._tree.get(message_id)

    def siblings(self, message: Message) -> list[Message]:
        """Return the ways the thread goes on from the same parent, the message among them."""
        return self._tree.siblings(message)

    def choose(self, message: Message) -> None:
        """Show the way through this message."""
        self._tree.choose(message)

    def ask(self, text: str) -> Message:
        """Add a user message below what is shown; return the answer that waits for its run."""
        path = self._tree.path
        return self._ask(text, path[-1].message_id if path else None)

    def edit(self, message: Message, text: str) -> Message:
        """Add another user message beside this one; return the answer that waits for its run."""
        return self._ask(text, message.parent_id)

    def answer_again(self, answer: Message) -> Message:
        """Add another answer beside this one; return it, waiting for its run."""
        return self._wait(answer.parent_id)

    def go_on(self, answer: Message) -> Message:
        """Add an answer beside this one that begins with its parts; return it, waiting for its run."""
        longer = self._wait(answer.parent_id)
        longer.parts = [Part(part.type, list(part.deltas), ended_at=0.0) for part in answer.parts]
        if longer.parts:
            longer.parts[-1].ended_at = None
        return longer

    def withdraw(self, answer: Message) -> None:
        """Take back what was asked for and never became a run."""
        question = self.get(answer.parent_id)
        self._tree.remove(answer)
        if question and is_provisional(question):
            self._tree.remove(question)
        if self._former and self.get(self._former.message_id) is self._former:
            self._tree.choose(self._former)
        self._running = self._former = None

    def merge(self, stored: Iterable[Message], *, followed: Message | None = None) -> None:
        """Take in messages as the API has them, which are the truth but for the one whose events are followed."""
        messages = list(stored)
        is_first = not self._tree.path
        self._tree.pin()
        for message in messages:
            self._name_parent(message)
        for message in messages:
            known = self.get(message.message_id)
            if known is None:
                self._tree.add(message)
            elif known is not followed and not _is_same(known, message):
                self._tree.replace(known, message)
                if self._running is known:
                    self._running = message
            here = self._tree.get(message.message_id)
            if here and here.status.is_running:
                self._running = here
        if is_first and messages:
            self._tree.choose(messages[-1])

    def apply(self, answer: Message, logged: events.LoggedEvent, at_seconds: float) -> bool:
        """Fold the next event into the answer; False if one before it is missing. Those it has change nothing."""
        if logged.seq <= answer.last_seq or not answer.status.is_running:
            return True
        if logged.seq > answer.last_seq + 1:
            return False
        answer.last_seq = logged.seq
        answer.is_settled = events.is_terminal(logged.event)
        match logged.event:
            case events.RunStarted() as started:
                self._start(answer, started)
            case events.ReasoningDelta(text):
                _append(answer, "reasoning", text, at_seconds)
            case events.MessageDelta(text):
                _append(answer, "text", text, at_seconds)
            case events.ToolCallStarted(_, name):
                _append(answer, "tool_call", name, at_seconds)
            case events.Usage() as usage:
                answer.usage = usage
            case events.RunCompleted(finish_reason):
                answer.finish_reason = finish_reason
                _end(answer, Status.COMPLETED, at_seconds)
            case events.RunCancelled():
                _end(answer, Status.CANCELLED, at_seconds)
            case events.RunFailed(_, message, retryable):
                _end(answer, Status.FAILED, at_seconds, message, is_retryable=retryable)
            case events.RunInterrupted(_, message, retryable):
                _end(answer, Status.INTERRUPTED, at_seconds, message, is_retryable=retryable)
        return True

    def fail(self, answer: Message, failure: Failure, at_seconds: float) -> None:
        """End an answer on this page only, because its run cannot be followed."""
        if answer.status.is_running:
            answer.request_id = failure.request_id
            _end(answer, Status.FAILED, at_seconds, failure.sentence, is_retryable=failure.is_retryable)

    def _ask(self, text: str, parent_id: str | None) -> Message:
        question = Message(self._provisional_id(), parent_id, "user", [Part("text", [text])])
        former = self._way_on(parent_id)
        self._tree.add(question)
        answer = self._wait(question.message_id)
        self._former = former
        return answer

    def _wait(self, parent_id: str | None) -> Message:
        self._former = self._way_on(parent_id)
        answer = Message(self._provisional_id(), parent_id, "assistant", status=Status.WAITING)
        self._tree.add(answer)
        self._tree.choose(answer)
        self._running = answer
        return answer

    def _way_on(self, parent_id: str | None) -> Message | None:
        return next((message for message in self._tree.path if message.parent_id == parent_id), None)

    def _provisional_id(self) -> str:
        self._asked += 1
        return f"{PROVISIONAL}{self._asked}"

    def _start(self, answer: Message, started: events.RunStarted) -> None:
        answer.run_id = started.run_id
        self.thread_id = started.thread_id
        if is_provisional(answer) and self.get(started.message_id) is None:
            self._tree.rename(answer, started.message_id)

    def _name_parent(self, stored: Message) -> None:
        # A run's first event names the answer only; its question has a provisional id until now.
        known = self.get(stored.message_id)
        question = self.get(known.parent_id) if known else None
        if question and stored.parent_id and is_provisional(question):
            self._tree.rename(question, stored.parent_id)


def is_provisional(message: Message) -> bool:
    """Say whether the API's id of the message is not known yet."""
    return message.message_id.startswith(PROVISIONAL)


def _is_same(known: Message, stored: Message) -> bool:
    if stored.status.is_running:  # perhaps it was when the API was asked
        return known.status.is_running or known.is_settled
    return known.status is stored.status and _shown(known) == _shown(stored)


def _shown(message: Message) -> list[tuple[str, str]]:
    return [(part.type, part.text) for part in message.parts]


def _append(answer: Message, part_type: PartType, text: str, at_seconds: float) -> None:
    last = answer.parts[-1] if answer.parts else None
    if last is None or last.type != part_type or part_type == "tool_call":
        if last and last.ended_at is None:
            last.ended_at = at_seconds
        last = Part(part_type, started_at=None if answer.is_replayed else at_seconds)
        answer.parts.append(last)
    last.deltas.append(text)
    answer.status = Status.ANSWERING
    if answer.first_delta_at is None:
        answer.first_delta_at = at_seconds


def _end(answer: Message, status: Status, at_seconds: float, sentence: str = "", *, is_retryable: bool = False) -> None:
    answer.status = status
    answer.sentence = sentence
    answer.is_retryable = is_retryable
    answer.is_cut = False
    answer.ended_at = at_seconds
    if answer.parts and answer.parts[-1].ended_at is None:
        answer.parts[-1].ended_at = at_seconds
