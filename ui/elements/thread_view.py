"""The messages of one thread, kept in step with its state."""

from nicegui import events, ui

from ui import texts
from ui.elements.composer import MAX_CHARACTERS
from ui.elements.message_view import AnswerView, MessageActions, UserMessageView
from ui.elements.tag import PlainButton
from ui.messages import Message
from ui.thread.state import ChatState

AT_ONCE = 40
MOST_EDITS = 10


class ThreadView(ui.element, component="thread_view.js"):
    """Shows the end of a ChatState, and more of it on request; `refresh` after every change of it."""

    def __init__(self, state: ChatState, actions: MessageActions) -> None:
        super().__init__()
        self.classes("thread")
        self._state = state
        self._actions = actions
        self._views: list[UserMessageView | AnswerView] = []
        self._first = 0
        self._edits: dict[str, str] = {}
        self.on("edits", self._on_edits)
        with self:
            self._earlier = PlainButton(self._show_earlier, text=texts.SHOW_EARLIER).classes("earlier")
        self._earlier.set_visibility(False)
        self.refresh()

    def refresh(self) -> None:
        """Show what changed at the end of the thread, where alone an answer is written."""
        messages = self._state.messages
        if not self._views:
            self._first = max(0, len(messages) - AT_ONCE)
        self._drop_stale(messages)
        is_longer = len(messages) > self._first + len(self._views)
        for message in messages[self._first + len(self._views) :]:
            self._views.append(self._add(message))
        self._earlier.set_visibility(self._first > 0)
        for view in self._views if is_longer else self._views[-2:]:
            self._refresh(view, is_last=view.message is messages[-1])

    def refresh_all(self) -> None:
        """Show also what changed beside the messages that are shown: their versions."""
        messages = self._state.messages
        self.refresh()
        for view in self._views:
            self._refresh(view, is_last=view.message is messages[-1])

    def open_editor(self, message: Message, text: str) -> None:
        """Let a message be written again, from this text on."""
        for view in self._views:
            if view.message is message and isinstance(view, UserMessageView):
                view.open_editor(text)

    def focus_versions(self, message: Message, *, is_next: bool) -> None:
        """Give the focus to the way to a message's next version, or to the previous one."""
        for view in self._views:
            if view.message is message:
                view.focus_versions(is_next=is_next)

    def end_waiting(self) -> None:
        """Take back what editors said of an answer that had to end first."""
        for view in self._views:
            if isinstance(view, UserMessageView):
                view.end_waiting()

    def _refresh(self, view: UserMessageView | AnswerView, *, is_last: bool) -> None:
        view.refresh(self._state.siblings(view.message))
        if isinstance(view, AnswerView):
            view.show_offers(is_last=is_last)

    def _add(self, message: Message) -> UserMessageView | AnswerView:
        with self:
            if message.role == "user":
                view = UserMessageView(message, self._actions)
                if text := self._edits.pop(message.message_id, ""):
                    view.open_editor(text)
                return view
            return AnswerView(message, self._actions)

    def _on_edits(self, event: events.GenericEventArguments) -> None:
        """Open the editors that were open before, of messages that are shown now or later."""
        for entry in event.args[:MOST_EDITS] if isinstance(event.args, list) else ():
            message_id, text = entry if isinstance(entry, list) and len(entry) == 2 else ("", "")
            if isinstance(message_id, str) and isinstance(text, str) and message_id and len(text) <= MAX_CHARACTERS:
                self._edits[message_id] = text
        for view in self._views:
            if isinstance(view, UserMessageView) and (edited := self._edits.pop(view.message.message_id, "")):
                view.open_editor(edited)

    def _drop_stale(self, messages: list[Message]) -> None:
        shown = messages[self._first :]
        kept = next(
            (at for at, view in enumerate(self._views) if at >= len(shown) or view.message is not shown[at]),
            len(self._views),
        )
        for view in self._views[kept:]:
            view.delete()
        del self._views[kept:]

    def _show_earlier(self) -> None:
        before = self._state.messages[max(0, self._first - AT_ONCE) : self._first]
        self._first -= len(before)
        views = [self._add(message) for message in before]
        for at, view in enumerate(views):
            view.move(self, 1 + at)
        self._views[:0] = views
        self.refresh_all()
