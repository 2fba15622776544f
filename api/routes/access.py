"""Who may ask: a bearer token where `API_TOKEN` is set, else this machine's own names only.

Source: RFC 6750 (bearer tokens). Without a token the Host header has to name this machine, because a page on another
site can point a name of its own at 127.0.0.1 and read what an open API answers ("DNS rebinding"); and no page of
another origin is answered, whatever it may read of it (RFC 6454, section 7.3).
"""

import hashlib
import hmac
import re

from flask import Flask, Response, request

from api.config import names_this_machine
from api.errors import Forbidden, Unauthorized

_HEADER_NAMES = re.compile(r"[A-Za-z0-9_, -]{1,1000}")
# What pages of other origins may ask, where CORS_ORIGINS names them.
SHARED_PATHS = "/v1/"
PREFLIGHT_SECONDS = 600


def register(app: Flask, tokens: tuple[str, ...], origins: tuple[str, ...] = ()) -> None:
    """Check every request but `GET /health`; pages of the `origins` may ask what is shared."""
    digests = [_digest(token) for token in tokens]

    def check() -> Response | None:
        if request.path == "/health":
            return None
        is_shared = _is_shared(origins)
        if is_shared and request.method == "OPTIONS":
            return Response(status=204)
        if digests:
            _check_token(digests)
        else:
            _check_host(is_shared=is_shared)
        return None

    def share(response: Response) -> Response:
        if _is_shared(origins):
            response.headers.update(_shared_headers())
        return response

    app.before_request(check)
    app.after_request(share)


def _is_shared(origins: tuple[str, ...]) -> bool:
    return request.path.startswith(SHARED_PATHS) and request.headers.get("Origin", "").lower() in origins


def _shared_headers() -> dict[str, str]:
    """Let a page of another origin send what OpenAI's clients send, and read what they read (WHATWG Fetch, 3.2)."""
    asked = request.headers.get("Access-Control-Request-Headers", "authorization, content-type")
    return {
        "Access-Control-Allow-Origin": request.headers["Origin"],
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": asked if _HEADER_NAMES.fullmatch(asked) else "authorization, content-type",
        "Access-Control-Expose-Headers": "x-request-id, x-run-id, x-left-out, x-should-retry, retry-after",
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Vary": "Origin",
    }


def _check_token(digests: list[bytes]) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    digest = _digest(given.strip())
    matches = [hmac.compare_digest(digest, expected) for expected in digests]
    if scheme.lower() != "bearer" or not any(matches):
        raise Unauthorized("The access token is missing or wrong: send the header Authorization: Bearer <API_TOKEN>.")


def _check_host(*, is_shared: bool) -> None:
    if not names_this_machine(_name(request.host)):
        raise Forbidden(
            f"This API has no API_TOKEN and answers to this machine's own names only, not to {_name(request.host)!r}."
        )
    if not is_shared and _is_foreign(request.headers.get("Origin")):
        raise Forbidden("This API has no API_TOKEN and answers to no page of another site.")


def refuse_other_sites() -> None:
    """Refuse pages of another origin also where they have a token.

    Raises:
        Forbidden: The request comes from one.
    """
    if _is_foreign(request.headers.get("Origin")):
        raise Forbidden("This address answers to no page of another site.")


def _is_foreign(origin: str | None) -> bool:
    return origin is not None and origin.partition("://")[2].lower() != request.host.lower()


def _name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if port.isdecimal() and name else host


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
