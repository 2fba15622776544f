"""`GET /health`: the process lives. `GET /ready`: it can answer."""

import time

from flask import Blueprint, Response, jsonify

from api.config import Provider
from api.errors import ProviderError, StoreUnavailable
from api.model_calls import ChatModel
from api.store import Store
from api.store.migration import is_current

PROBE_TIMEOUT_SECONDS = 3.0
PROBE_EVERY_SECONDS = 10.0


def create_blueprint(chat_model: ChatModel, provider: Provider, store: Store) -> Blueprint:
    """Build the two routes."""
    blueprint = Blueprint("health", __name__)
    probe = ProviderProbe(chat_model, provider)

    @blueprint.get("/health")
    def health() -> Response:
        return Response("ok", content_type="text/plain; charset=utf-8")

    @blueprint.get("/ready")
    def ready() -> tuple[Response, int]:
        problems = {"provider": probe.problem(), "store": _store_problem(store)}
        is_ready = not any(problems.values())
        said = {name: problem or "ok" for name, problem in problems.items()}
        return jsonify(ready=is_ready, **said), 200 if is_ready else 503

    return blueprint


def _store_problem(store: Store) -> str | None:
    try:
        if not is_current(store.engine):
            return "The database has an older schema: run `flask --app api db upgrade`."
    except StoreUnavailable as error:
        return str(error)
    return None


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
