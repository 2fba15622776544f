"""What a run needs of a chat model; `api.provider.chat_model` is the real one."""

from collections.abc import Iterator
from typing import Protocol

from api.errors import ProviderError
from api.events import Event, Usage
from api.messages import Finished, GatewayRequest, ModelRequest


class PatienceLimits(Protocol):
    """How long a provider may take."""

    @property
    def first_token_seconds(self) -> float:
        """How long it may take to begin an answer."""

    @property
    def stall_seconds(self) -> float:
        """How long it may be silent within one."""


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


class GatewayCall(Protocol):
    """A chat completion on its way from a provider to a client.

    `asked_at` and `content_at` are monotonic times, of the latest attempt and of the last piece of the answer; `usage`
    is what it has taken so far; `left_out` are options of the client which the provider does not take.
    """

    asked_at: float
    first_content_at: float | None
    content_at: float | None
    finish_reason: str | None
    not_understood: int
    left_out: tuple[str, ...]

    @property
    def usage(self) -> Usage:
        """The tokens, estimated where the provider has told none."""

    def pieces(self, patience_seconds: float) -> Iterator[bytes]:
        """Ask, and yield what goes to the client; b"" once, where nothing has come in so many seconds.

        Raises:
            ProviderError: The provider failed; never after `close`.
        """

    def fail(self, error: ProviderError) -> None:
        """End the attempt from any thread for that reason; another provider may still be asked."""

    def close(self) -> None:
        """End the call from any thread, at any moment, any number of times."""


class Gateway(Protocol):
    """Where chat completions are passed on."""

    def open(self, request: GatewayRequest) -> GatewayCall:
        """Prepare one call."""
