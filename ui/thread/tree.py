"""The messages of a thread as a tree with one way through it that is shown; pure, no I/O."""

from ui.messages import Message


class MessageTree:
    """Every message under its parent, in the order of adding; of siblings one is chosen, without a choice the last."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._children: dict[str | None, list[Message]] = {}
        self._chosen: dict[str | None, Message] = {}
        self._path: list[Message] | None = None

    @property
    def path(self) -> list[Message]:
        """The messages from the root to the leaf that is shown."""
        if self._path is None:
            self._path = []
            while children := self._children.get(self._path[-1].message_id if self._path else None):
                self._path.append(self._chosen.get(children[0].parent_id, children[-1]))
        return self._path

    def get(self, message_id: str | None) -> Message | None:
        """Return the message of that id, if it is here."""
        return self._messages.get(message_id) if message_id is not None else None

    def children(self, parent_id: str | None) -> list[Message]:
        """Return the messages under a parent, without one those a thread may begin with."""
        return self._children.get(parent_id, [])

    def add(self, message: Message) -> None:
        """Add a message after its siblings."""
        self._messages[message.message_id] = message
        self._children.setdefault(message.parent_id, []).append(message)
        self._path = None

    def choose(self, message: Message) -> None:
        """Show the way through this message, down to where it was left, or to its newest end."""
        step: Message | None = message
        while step is not None:
            self._chosen[step.parent_id] = step
            step = self.get(step.parent_id)
        self._path = None

    def pin(self) -> None:
        """Keep to the way that is shown, whatever is added beside it."""
        for message in self.path:
            self._chosen[message.parent_id] = message

    def replace(self, former: Message, message: Message) -> None:
        """Put another message of the same id and parent in the place of one."""
        self._messages[message.message_id] = message
        siblings = self._children[former.parent_id]
        siblings[siblings.index(former)] = message
        if self._chosen.get(former.parent_id) is former:
            self._chosen[former.parent_id] = message
        self._path = None
