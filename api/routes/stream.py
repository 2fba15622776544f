"""`POST /stream`: one answer for the messages of the body, nothing stored. The run ends when the client leaves."""

from flask import Blueprint, Response, g, request

from api.config import Config
from api.ids import new_id
from api.routes.client_socket import ClientSocket
from api.routes.json_body import read_json
from api.routes.run_streams import stream_response
from api.runs.launcher import Launcher
from api.runs.registry import RunRegistry
from api.wire.stream_request import parse_stream_request


def create_blueprint(runs: RunRegistry, launcher: Launcher, config: Config) -> Blueprint:
    """Build the route."""
    blueprint = Blueprint("stream", __name__)

    @blueprint.post("/stream")
    def stream() -> Response:
        asked = parse_stream_request(read_json(config.max_body_bytes), config)
        client = ClientSocket(request.environ)
        run, reader = runs.start_bound(
            asked.model_request,
            thread_id=asked.thread_id or new_id(),
            request_id=g.request_id,
            client=client,
            toolbox=launcher.bound_toolbox(asked.tools) if asked.tools else None,
        )
        return stream_response(run.run_id, reader, lambda: run.error, client)

    return blueprint
