"""`/v1`: the providers' models for clients of OpenAI's protocol."""

import time

from flask import Blueprint, Response, g, jsonify, request

from api.config import Config
from api.errors import NotFound
from api.routes.client_socket import ClientSocket
from api.routes.json_body import read_json
from api.routes.passed_response import passed_response
from api.runs.model import Gateway
from api.runs.registry import RunRegistry
from api.wire.fields import shown
from api.wire.openai.chat_request import parse_chat_request
from api.wire.openai.responses_request import echoed, parse_responses_request
from api.wire.openai.responses_shapes import ResponseStream, WholeResponse
from api.wire.openai.shapes import ChunkStream, WholeBody


def create_blueprint(runs: RunRegistry, gateway: Gateway, config: Config) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("openai", __name__)
    models = [
        {"id": name, "object": "model", "created": int(time.time()), "owned_by": "decant"} for name in config.models
    ]

    @blueprint.post("/v1/chat/completions")
    def complete() -> Response:
        asked = parse_chat_request(read_json(config.max_body_bytes), config.models, config)
        client = ClientSocket(request.environ)
        run = runs.start_passed(asked, gateway.open(asked), request_id=g.request_id, client=client)
        return passed_response(run, ChunkStream(), WholeBody())

    @blueprint.post("/v1/responses")
    def respond() -> Response:
        body = read_json(config.max_body_bytes)
        asked = parse_responses_request(body, config.models, config)
        client = ClientSocket(request.environ)
        run = runs.start_passed(asked, gateway.open(asked), request_id=g.request_id, client=client)
        repeated = echoed(body) if isinstance(body, dict) else {}
        shapes = (shape(asked.model, repeated, time.time) for shape in (ResponseStream, WholeResponse))
        return passed_response(run, *shapes)

    @blueprint.get("/v1/models")
    def list_models() -> Response:
        return jsonify(object="list", data=models)

    @blueprint.get("/v1/models/<path:name>")
    def get_model(name: str) -> Response:
        for model in models:
            if model["id"] == name:
                return jsonify(model)
        raise NotFound(f"There is no model {shown(name)}: GET /v1/models lists the names.", param="model")

    return blueprint


def _model(name: str, created: int) -> dict[str, object]:
    return {"id": name, "object": "model", "created": created, "owned_by": "decant"}
