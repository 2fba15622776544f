"""`POST /stream`: one answer for the messages of the body, nothing stored.

One POST, three shapes by `Accept`: `text/event-stream`, `application/x-ndjson`, and `text/plain` for everybody else.
The run ends when the client leaves.
"""

from flask import Blueprint, Response, g, request, stream_with_context

from api.client_socket import ClientSocket
from api.config import Config
from api.errors import NotJson, TooLarge
from api.run_registry import RunRegistry, new_id
from api.run_streams import STREAMS, TextStream
from api.stream_request import parse_stream_request


def create_blueprint(runs: RunRegistry, config: Config) -> Blueprint:
    """Build the route."""
    blueprint = Blueprint("stream", __name__)

    @blueprint.post("/stream")
    def stream() -> Response:
        if not request.is_json:
            raise NotJson("Send the body as JSON, with the header Content-Type: application/json.")
        # A chunked body over the limit is cut there without an error.
        if len(request.get_data()) >= config.max_body_bytes:
            raise TooLarge("The body is larger than MAX_BODY_BYTES allows.")
        asked = parse_stream_request(request.get_json(silent=True), config)
        run, reader = runs.start(
            asked.model_request,
            thread_id=asked.thread_id or new_id(),
            request_id=g.request_id,
            client=ClientSocket(request.environ),
        )
        accepted = request.accept_mimetypes.best_match(list(STREAMS), default=TextStream.content_type)
        body = STREAMS[accepted](run, reader)
        try:
            body.wait_for_status()
        except BaseException:
            reader.close()
            raise
        response = Response(stream_with_context(iter(body)), content_type=f"{body.content_type}; charset=utf-8")
        response.headers.update(
            {
                "Cache-Control": "no-cache, no-transform",
                "X-Accel-Buffering": "no",
                "X-Content-Type-Options": "nosniff",
                "Vary": "Accept",
                "X-Run-Id": run.run_id,
            }
        )
        # A body that never starts runs no `finally`: HEAD, or a client gone before the first byte.
        response.call_on_close(reader.close)
        return response

    return blueprint
