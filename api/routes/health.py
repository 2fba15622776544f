"""`GET /health`: the process lives. `GET /ready`: it can answer."""

import time

from flask import Blueprint, Response, jsonify

from api.config import Provider
from api.errors import ProviderError
from api.model_calls import ChatModel

PROBE_TIMEOUT_SECONDS = 3.0
PROBE_EVERY_SECONDS = 10.0


def create_blueprint(chat_model: ChatModel, provider: Provider) -> Blueprint:
    """Build the two routes."""
    blueprint = Blueprint("health", __name__)
    probe = ProviderProbe(chat_model, provider)

    @blueprint.get("/health")
    def health() -> Response:
        return Response("ok", content_type="text/plain; charset=utf-8")

    @blueprint.get("/ready")
    def ready() -> tuple[Response, int]:
        problem = probe.problem()
        if problem:
            return jsonify(ready=False, provider=problem), 503
        return jsonify(ready=True, provider="ok"), 200

    return blueprint


class ProviderProbe:
    """Asks the provider for its models, at most once in ten seconds."""

    def __init__(self, chat_model: ChatModel, provider: Provider) -> None:
        self._chat_model = chat_model
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
            self._chat_model.model_names(PROBE_TIMEOUT_SECONDS)
        except ProviderError as error:
            if self._provider.is_embedded:
                return f"No provider is configured (OPENAI_BASE_URL) and the embedded model does not answer: {error}"
            return str(error)
        return None
