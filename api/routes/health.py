"""`GET /health`: the process lives. `GET /ready`: it can answer."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from api.errors import StoreUnavailable
from api.store import Store
from api.store.migration import problem_of


def create_blueprint(
    warm_up: Callable[[], None], provider_problem: Callable[[], str | None], store: Store
) -> Blueprint:
    """Build the two routes; `provider_problem` says what is missing for an answer, None if nothing.

    A process is ready when `warm_up` has loaded what its first answer needs.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    def health() -> Response:
        return Response("ok", content_type="text/plain; charset=utf-8")

    @blueprint.get("/ready")
    def ready() -> tuple[Response, int]:
        warm_up()
        problems = {"provider": provider_problem(), "store": _store_problem(store)}
        is_ready = not any(problems.values())
        said = {name: problem or "ok" for name, problem in problems.items()}
        return jsonify(ready=is_ready, **said), 200 if is_ready else 503

    return blueprint


def _store_problem(store: Store) -> str | None:
    try:
        return problem_of(store.engine)
    except StoreUnavailable as error:
        return str(error)
