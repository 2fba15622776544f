"""Errors before the first byte: JSON with the right status, never HTML, never a traceback."""

import logging
import math

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoRoute

from api.errors import BadRequest, DecantError, Internal, NotFound, TooLarge
from api.wire.openai.errors import error_object, is_worth_retrying

# What is asked for in OpenAI's protocol is answered in it.
OPENAI_PATHS = "/v1/"

logger = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Answer every exception as JSON."""
    app.register_error_handler(DecantError, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def answer(error: DecantError) -> Response:
    """Turn an expected failure into its response."""
    is_openai = request.path.startswith(OPENAI_PATHS)
    said = error_object(error) if is_openai else {"error": str(error), "code": error.code, "retryable": error.retryable}
    response = jsonify(**said, request_id=g.get("request_id", ""))
    response.status_code = error.status
    if is_openai and not is_worth_retrying(error):
        response.headers["X-Should-Retry"] = "false"
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _answer_http(error: HTTPException) -> Response:
    response = answer(_translated(error))
    response.status_code = error.code or 500
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _translated(error: HTTPException) -> DecantError:
    if isinstance(error, NoRoute):
        return NotFound("There is no such address; /docs lists them.")
    if isinstance(error, RequestEntityTooLarge):
        return TooLarge("The body is larger than MAX_BODY_BYTES allows.")
    if error.code is not None and error.code < 500:
        return BadRequest(error.description or error.name)
    return Internal("Something went wrong inside Decant; its log says more under this request_id.")


def _answer_unexpected(_error: Exception) -> Response:
    logger.exception("A request failed", extra={"fields": {"request_id": g.get("request_id", "")}})
    return answer(Internal("Something went wrong inside Decant; its log says more under this request_id."))
