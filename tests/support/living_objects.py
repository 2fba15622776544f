"""The API with the collector off and a route that counts what is alive: `tests.support.living_objects:create_app()`."""

import gc
from collections import Counter

from flask import Flask, Response, jsonify

from api import app as api_app

# Of gunicorn's own, an idle connection or thread keeps its last.
COUNTED = ("api.", "flask.wrappers", "flask.ctx")


def create_app() -> Flask:
    """Build the API so that only reference counting frees anything."""
    app = api_app.create_app()
    gc.disable()

    @app.get("/living")
    def living() -> Response:
        kinds = map(type, gc.get_objects())
        counts = Counter(
            f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if kind.__module__.startswith(COUNTED)
        )
        return jsonify(counts)

    return app
