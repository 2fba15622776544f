"""The messages of one thread, kept in step with its state."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ui.chat_state import ChatState
from ui.elements.message_view import AnswerView, UserMessageView
from ui.messages import Message


class ThreadView(ui.element):
    """Shows a ChatState; `refresh` after every change of it."""

    def __init__(self, state: ChatState, on_retry: Callable[[Message], Any]) -> None:
        super().__init__()
        self.classes("thread")
        self.state = state
        self._on_retry = on_retry
        self._views: list[UserMessageView | AnswerView] = []
        self.refresh()

    def refresh(self) -> None:
        """Show what changed at the end of the thread."""
        self._drop_stale()
        for message in self.state.messages[len(self._views) :]:
            if self._views:
                self._views[-1].close()
            with self:
                is_user = message.role == "user"
                self._views.append(UserMessageView(message) if is_user else AnswerView(message, self._on_retry))
        if self._views:
            self._views[-1].refresh()

    def _drop_stale(self) -> None:
        while self._views and (
            len(self._views) > len(self.state.messages)
            or self._views[-1].message is not self.state.messages[len(self._views) - 1]
        ):
            self._views.pop().delete()
