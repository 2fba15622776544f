"""What is around a conversation on its page: the elements it is shown with, and whom it tells about its runs."""

from dataclasses import dataclass
from typing import Protocol

from nicegui import ui

from ui.elements.composer import Composer
from ui.elements.greeting import Greeting
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import Announcer
from ui.elements.scroller import Scroller
from ui.threads import Thread


@dataclass(slots=True)
class Views:
    """The elements a conversation is shown with."""

    scroller: Scroller
    greeting: Greeting
    composer: Composer
    models: ModelChoice
    announcer: Announcer
    toasts: ui.element


class Host(Protocol):
    """The page around a conversation."""

    def on_run_started(self, thread: Thread) -> None:
        """Take note that the thread has a run, perhaps its first."""

    def on_run_ended(self) -> None:
        """Take note that a run of the thread has ended."""

    def reopen(self, thread_id: str) -> None:
        """Show a thread as it is stored."""
