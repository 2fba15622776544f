"""The open thread on a page as a fold over stored messages and events: pure, no clock, no I/O.

It decides, elements only show it. What a person just asked for is shown before the API has it; the first event of its
run says the ids of question and answer, and with them they take their place in the tree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from ui import events
from ui.messages import Message, Progress, Status
from ui.parts import Part, TextPart, are_same, continued
from ui.thread.answer import fold
from ui.thread.tree import MessageTree

SHOWN_ROLES = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that waits for its run, below a new question or a stored one; neither has an id yet.

    The question may stand in the place of an `edited` message, the answer go on with the one of `continue_id`.
    """

    answer: Message
    question: Message | None = None
    edited: Message | None = None
    continue_id: str | None = None

    @property
    def messages(self) -> list[Message]:
        """What is asked for, as it is shown."""
        return [self.question, self.answer] if self.question else [self.answer]

    @property
    def parent_id(self) -> str | None:
        """The message that it stands below."""
        return self.messages[0].parent_id


class ChatState:
    """The tree of one thread's messages, the way through it that is shown, and the run that goes on.

    A thread that is not stored yet has no `thread_id`.
    """

    def __init__(self, stored: Iterable[Message] = (), thread_id: str = "") -> None:
        self.thread_id = thread_id
        self._tree = MessageTree()
        self._running: Message | None = None
        self._asked: Asked | None = None
        self._is_asked_chosen = False
        self.merge(stored)

    @property
    def messages(self) -> list[Message]:
        """What is shown, from the first message to the last."""
        return [message for message in self._path() if message.role in SHOWN_ROLES]

    @property
    def running(self) -> Message | None:
        """The answer that is being written, whether it is shown or not; a thread has one at a time."""
        return self._running if self._running and self._running.is_running else None

    @property
    def is_running(self) -> bool:
        """Whether an answer is being written."""
        return self.running is not None

    @property
    def is_asking(self) -> bool:
        """Whether something was asked for whose ids are not known yet."""
        return self._asked is not None

    def get(self, message_id: str | None) -> Message | None:
        """Return the message of that id, if it is here."""
        return self._tree.get(message_id)

    def siblings(self, message: Message) -> list[Message]:
        """Return the ways the thread goes on from the same parent, the message among them."""
        asked = self._asked
        if asked and asked.question and message is asked.answer:
            return [message]
        stored = self._tree.children(message.parent_id)
        return [*stored, asked.messages[0]] if asked and asked.parent_id == message.parent_id else stored

    def choose(self, message: Message) -> None:
        """Show the way through this message."""
        asked = self._asked
        if asked is None or message not in asked.messages:
            self._tree.choose(message)
            is_beside = asked and any(step.parent_id == asked.parent_id for step in self._tree.path)
            self._is_asked_chosen = self._is_asked_chosen and not is_beside
        else:
            parent = self.get(asked.parent_id)
            if parent:
                self._tree.choose(parent)
            self._is_asked_chosen = True

    def ask(self, text: str) -> Asked:
        """Ask below what is shown."""
        path = self._path()
        return self._wait(Asked(_answer(), _question(text, path[-1].message_id if path else None)))

    def edit(self, message: Message, text: str) -> Asked:
        """Ask this as another version of the message."""
        return self._wait(Asked(_answer(), _question(text, message.parent_id), edited=message))

    def answer_again(self, answer: Message) -> Asked:
        """Ask for another answer beside this one."""
        return self._wait(Asked(_answer(answer.parent_id)))

    def go_on(self, answer: Message) -> Asked:
        """Ask for an answer beside this one that begins with its parts."""
        longer = _answer(answer.parent_id, continued(answer.parts))
        return self._wait(Asked(longer, continue_id=answer.message_id))

    def withdraw(self) -> Asked | None:
        """Take back what was asked for and never became a run; return it."""
        asked, self._asked, self._running = self._asked, None, None
        return asked

    def merge(self, stored: Iterable[Message], *, followed: Message | None = None) -> None:
        """Take in messages as the API has them, which are the truth but for the one whose events are followed."""
        messages = list(stored)
        is_first = not self._tree.path
        self._tree.pin()
        for message in messages:
            known = self.get(message.message_id)
            if known is None:
                self._tree.add(message)
            elif known is not followed and not _is_same(known, message):
                self._tree.replace(known, message)
                if self._running is known:
                    self._running = message
            here = self._tree.get(message.message_id)
            if here and here.is_running:
                self._running = here
        if is_first and messages:
            self._tree.choose(messages[-1])

    def apply(self, answer: Message, logged: events.LoggedEvent, at_seconds: float) -> bool:
        """Fold the next event into the answer; False if one before it is missing."""
        is_next = fold(answer, logged, at_seconds)
        if is_next and isinstance(logged.event, events.RunStarted):
            self._take_in(answer, logged.event)
        return is_next

    def _path(self) -> list[Message]:
        path = self._tree.path
        if self._asked is None or not self._is_asked_chosen:
            return path
        parent_id = self._asked.parent_id
        above = [*takewhile(lambda message: message.parent_id != parent_id, path)]
        is_below = (above[-1].message_id if above else None) == parent_id
        return [*above, *self._asked.messages] if is_below else path

    def _wait(self, asked: Asked) -> Asked:
        self._asked, self._is_asked_chosen, self._running = asked, True, asked.answer
        return asked

    def _take_in(self, answer: Message, started: events.RunStarted) -> None:
        """Give what was asked for its ids, unless its key has started it before, or an older API leaves one out."""
        asked = self._asked
        if asked is None or asked.answer is not answer or started.thread_id != self.thread_id:
            return
        parent_id = started.parent_id if asked.question else asked.parent_id
        is_here = self.get(started.message_id) or (asked.question and self.get(parent_id))
        if not is_here and (parent_id or not asked.question):
            self._place(asked, parent_id, started.message_id)

    def _place(self, asked: Asked, parent_id: str | None, message_id: str) -> None:
        self._tree.pin()
        if asked.question and parent_id:
            asked.question.message_id = parent_id
            self._tree.add(asked.question)
        asked.answer.message_id, asked.answer.parent_id = message_id, parent_id
        self._tree.add(asked.answer)
        if self._is_asked_chosen:
            self._tree.choose(asked.answer)
        self._asked = None


def _question(text: str, parent_id: str | None) -> Message:
    return Message("", parent_id, "user", [TextPart([text])])


def _answer(parent_id: str | None = None, parts: Iterable[Part] = ()) -> Message:
    return Message("", parent_id, "assistant", [*parts], Status.RUNNING, progress=Progress())


def _is_same(known: Message, stored: Message) -> bool:
    if stored.is_running:  # perhaps it was when the API was asked
        return not (known.failure and known.failure.is_local)
    return known.status is stored.status and are_same(known.parts, stored.parts)
