"""Failures as clients of OpenAI's protocol read them: no I/O, no Flask.

Source: "Error codes" of OpenAI's API reference; the codes that clients act on are `context_length_exceeded` (LiteLLM),
`model_not_found`, `invalid_api_key` and `rate_limit_exceeded`.
"""

from typing import Any

from api.errors import (
    BadRequest,
    ContentFiltered,
    ContextTooLong,
    DecantError,
    Forbidden,
    NotFound,
    ProviderRateLimited,
    RequestRefused,
    Unauthorized,
)

_INVALID = "invalid_request_error"
# The first that fits is right; a code of None is the error's own.
_KINDS: tuple[tuple[type[DecantError], str, str | None], ...] = (
    (Unauthorized, _INVALID, "invalid_api_key"),
    (Forbidden, _INVALID, None),
    (NotFound, _INVALID, None),
    (ContextTooLong, _INVALID, "context_length_exceeded"),
    (ContentFiltered, _INVALID, "content_filter"),
    (ProviderRateLimited, "rate_limit_error", "rate_limit_exceeded"),
    (RequestRefused, _INVALID, None),
    (BadRequest, _INVALID, None),
    (DecantError, "server_error", None),
)


def error_object(error: DecantError) -> dict[str, Any]:
    """Return a failure as `{"error": {"message", "type", "param", "code"}}`."""
    kind, code = next((kind, code) for of, kind, code in _KINDS if isinstance(error, of))
    if isinstance(error, NotFound) and error.param == "model":
        code = "model_not_found"
    return {"error": {"message": str(error), "type": kind, "param": error.param, "code": code or error.code}}


def is_worth_retrying(error: DecantError) -> bool:
    """Say whether OpenAI's clients may ask again, which they do three times for 408, 409, 429 and from 500 on."""
    return error.retryable or (error.status < 500 and error.status not in (408, 409, 429))
