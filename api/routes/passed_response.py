"""The response to a chat completion that is passed on: its first piece decides about the status."""

from flask import Response

from api.routes.run_streams import STREAM_HEADERS
from api.runs.gateway_run import GatewayRun, Shape


def passed_response(run: GatewayRun, streamed: Shape, whole: Shape) -> Response:
    """Answer as the provider does.

    A failure before the first piece is a status; where nothing has come for long, the response begins without it.

    Raises:
        DecantError: the run has failed.
    """
    first = run.first()
    if run.request.is_streamed:
        response = Response(run.body(first, streamed), content_type="text/event-stream; charset=utf-8")
        response.headers.update(STREAM_HEADERS)
    elif first:
        response = Response(run.whole(first, whole), content_type="application/json")
    else:
        response = Response(run.body(first, whole), content_type="application/json")
        response.headers.update(STREAM_HEADERS)
    response.headers["X-Run-Id"] = run.run_id
    if run.call.left_out:
        response.headers["X-Left-Out"] = ", ".join(run.call.left_out)
    # A body that never starts runs no `finally`: HEAD, or a client gone before the first byte.
    response.call_on_close(run.close)
    return response
