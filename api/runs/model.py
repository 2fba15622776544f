"""What a run needs of a chat model; `api.provider.chat_model` is the real one."""

from collections.abc import Iterator
from typing import Protocol

from api.events import Event
from api.messages import Finished, ModelRequest


class Completion(Protocol):
    """One call to the model; `content_at` is when its last content came, also such that is no event yet.

    `not_understood` counts what the provider sent that is no part of an answer.
    """

    content_at: float | None
    not_understood: int

    def events(self, request: ModelRequest) -> Iterator[list[Event] | Finished]:
        """Ask, and yield the events of each read, an empty list for a keep-alive; `Finished` is the last.

        Raises:
            ProviderError: The provider failed; never after `close`.
        """

    def close(self) -> None:
        """End the call from any thread, at any moment, any number of times."""


class ChatModel(Protocol):
    """Where completions come from."""

    def open(self) -> Completion:
        """Prepare one call."""

    def model_names(self, limit_seconds: float) -> tuple[str, ...]:
        """Ask the provider which models it has.

        Raises:
            ProviderError: The provider failed.
        """
