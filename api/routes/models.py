"""`GET /models`: the model names a client may ask for."""

from flask import Blueprint, Response, jsonify


def create_blueprint(models: tuple[str, ...]) -> Blueprint:
    """Build the route."""
    blueprint = Blueprint("models", __name__)

    @blueprint.get("/models")
    def list_models() -> Response:
        return jsonify(models=[{"name": name} for name in models], default=models[0])

    return blueprint
