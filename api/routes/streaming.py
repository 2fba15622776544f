"""What the routes that stream have in common: the body's checks, the shape by `Accept`, the headers."""

from flask import Response, request, stream_with_context
from werkzeug.exceptions import RequestEntityTooLarge

from api.client_socket import ClientSocket
from api.errors import NotJson, TooLarge
from api.run_reader import LogReader
from api.run_streams import STREAMS, Failure, TextStream


def read_json(max_bytes: int, setting: str = "MAX_BODY_BYTES") -> object:
    """Return the decoded body, None where it is not JSON; `setting` is where the limit comes from.

    Raises:
        NotJson: It is not declared as JSON.
        TooLarge: It is over the limit.
    """
    if not request.is_json:
        raise NotJson("Send the body as JSON, with the header Content-Type: application/json.")
    request.max_content_length = max_bytes
    try:
        is_whole = len(request.get_data()) < max_bytes
    except RequestEntityTooLarge:
        is_whole = False
    # A chunked body over the limit is cut there without an error.
    if not is_whole:
        raise TooLarge(f"The body is larger than {setting} allows.")
    return request.get_json(silent=True)


def stream_response(
    run_id: str, reader: LogReader, failure: Failure, client: ClientSocket, default: str = TextStream.content_type
) -> Response:
    """Answer with a run in the shape that the client accepts."""
    accepted = request.accept_mimetypes.best_match([default, *STREAMS], default=default)
    body = STREAMS[accepted](reader, failure, client)
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
            "X-Run-Id": run_id,
        }
    )
    # A body that never starts runs no `finally`: HEAD, or a client gone before the first byte.
    response.call_on_close(reader.close)
    return response
