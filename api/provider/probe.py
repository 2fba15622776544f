"""Whether the provider answers, asked rarely however often somebody wants to know."""

import time
from collections.abc import Callable

from api.errors import ProviderError
from api.providers import Provider

PROBE_TIMEOUT_SECONDS = 3.0
PROBE_EVERY_SECONDS = 10.0


class ProviderProbe:
    """Asks the provider for its models, at most once in ten seconds."""

    def __init__(self, model_names: Callable[[float], object], provider: Provider) -> None:
        self._model_names = model_names
        self._provider = provider
        self._problem: str | None = None
        self._asked_at: float | None = None

    def problem(self) -> str | None:
        """Return a sentence that says what is missing, or None."""
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > PROBE_EVERY_SECONDS:
            self._problem = self._ask()
            self._asked_at = now
        return self._problem

    def _ask(self) -> str | None:
        try:
            self._model_names(PROBE_TIMEOUT_SECONDS)
        except ProviderError as error:
            if self._provider.is_embedded:
                return f"No provider is configured (OPENAI_BASE_URL) and the embedded model does not answer: {error}"
            return str(error)
        return None
