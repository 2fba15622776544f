"""`POST /mcp`: a server of the Model Context Protocol over HTTP, whatever its methods are.

Every request stands alone: no session is kept, GET opens no stream, and any worker answers any request. Errors of the
transport (no token, too large, not JSON) are those of every route; what is a message is answered with a message.
Source: MCP 2026-07-28 and 2025-11-25, "Transports", "Streamable HTTP".
"""

import math
from codecs import BOM_UTF8
from collections.abc import Callable

import orjson
from flask import Blueprint, Response, g, request, stream_with_context

from api.config import Config
from api.errors import DecantError
from api.ids import new_id
from api.routes import large_json
from api.routes.access import refuse_other_sites
from api.routes.client_socket import ClientSocket
from api.routes.json_body import read_body
from api.routes.run_streams import STREAM_HEADERS
from api.wire.mcp.eras import INITIALIZE, classify, is_older
from api.wire.mcp.messages import (
    Notification,
    Request,
    RequestId,
    encode_error,
    is_request_id,
    read_message,
)
from api.wire.mcp.protocol import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    SESSION_HEADER,
    VERSION_HEADER,
    McpError,
)
from api.wire.mcp.server import Answering, Call, Server
from api.wire.mcp.sessions import is_genuine, session_key, sign

JSON = "application/json"
CANCELLED = "notifications/cancelled"
# Ends the call of a session.
Cancel = Callable[[str, RequestId], None]


def create_blueprint(server: Server, account_id: str, config: Config, cancel: Cancel) -> Blueprint:
    """Build the route; the cancels of the older generation go to `cancel`."""
    blueprint = Blueprint("mcp", __name__)
    face = _Face(server, session_key(config), account_id, cancel)

    @blueprint.route("/mcp", methods=["POST"], provide_automatic_options=False)
    def mcp() -> Response:
        refuse_other_sites()
        body = read_body(config.max_body_bytes)
        try:
            return face.answer(body)
        except McpError as error:
            return _error_response(None, error)

    return blueprint


class _Face:
    """What the route needs; one for all requests."""

    def __init__(self, server: Server, key: bytes, account_id: str, cancel: Cancel) -> None:
        self._server = server
        self._key = key
        self._account_id = account_id
        self._cancel = cancel

    def answer(self, body: bytes) -> Response:
        """Answer a body."""
        try:
            message = read_message(large_json.decode(body.removeprefix(BOM_UTF8)))
        except orjson.JSONDecodeError:
            raise McpError(PARSE_ERROR, "The body is not JSON.") from None
        session_id = request.headers.get(SESSION_HEADER)
        has_session = session_id is not None and is_genuine(self._key, self._account_id, session_id)
        if isinstance(message, Request):
            return self._answer_request(message, session_id if has_session else None, is_forged=not has_session)
        if isinstance(message, Notification) and message.method == CANCELLED and session_id and has_session:
            self._note_cancel(message, session_id)
        return Response(status=202)

    def _answer_request(self, message: Request, session_id: str | None, *, is_forged: bool) -> Response:
        is_modern = False
        try:
            era = classify(message, request.headers.get, has_session=session_id is not None)
            is_modern = era.is_modern
            if not is_modern and is_forged and SESSION_HEADER in request.headers and message.method != INITIALIZE:
                raise McpError(INVALID_REQUEST, "There is no such session: initialize anew.", status=404)
            place = ClientSocket(request.environ)
            call = Call(message, era, session_id, self._server, request.headers.get, place)
            response = _response(call, self._server.answer(call))
        except McpError as error:
            return _error_response(message.request_id, error, is_older=not is_modern and _is_older(message))
        except DecantError as error:
            return _error_response(message.request_id, _translated(error))
        if not is_modern and message.method == INITIALIZE:
            response.headers[SESSION_HEADER] = sign(self._key, self._account_id, new_id())
        return response

    def _note_cancel(self, message: Notification, session_id: str) -> None:
        request_id = message.params.get("requestId")
        if is_older(request.headers.get(VERSION_HEADER), CANCELLED, {}, has_session=True) and is_request_id(request_id):
            self._cancel(session_id, request_id)


def _response(call: Call, result: dict[str, object] | Answering) -> Response:
    if isinstance(result, dict):
        return Response(call.encode(result), content_type=JSON)
    response = Response(stream_with_context(iter(result)), content_type="text/event-stream")
    response.headers.update(STREAM_HEADERS)
    # A body that never starts runs no `finally`.
    response.call_on_close(result.close)
    return response


def _is_older(message: Request) -> bool:
    return is_older(request.headers.get(VERSION_HEADER), message.method, message.meta, has_session=False)


def _error_response(request_id: RequestId | None, error: McpError, *, is_older: bool = False) -> Response:
    # Clients of the older generation take any other status for the end of the connection.
    status = 200 if is_older and not error.is_of_http else error.status
    response = Response(encode_error(request_id, error), status, content_type=JSON)
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    return response


def _translated(error: DecantError) -> McpError:
    code = INVALID_PARAMS if error.status < 500 else INTERNAL_ERROR
    detail = {"code": error.code, "retryable": error.retryable, "request_id": g.get("request_id", "")}
    return McpError(code, str(error), detail, status=error.status, retry_after_seconds=error.retry_after_seconds)
