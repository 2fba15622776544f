"""Who may ask: a bearer token where `API_TOKEN` is set, else this machine's own names only.

Source: RFC 6750 (bearer tokens). Without a token the Host header has to name this machine, because a page on another
site can point a name of its own at 127.0.0.1 and read what an open API answers ("DNS rebinding"); and no page of
another origin is answered, whatever it may read of it (RFC 6454, section 7.3).
"""

import hashlib
import hmac

from flask import Flask, request

from api.config import names_this_machine
from api.errors import Forbidden, Unauthorized


def register(app: Flask, tokens: tuple[str, ...]) -> None:
    """Check every request but `GET /health`."""
    digests = [_digest(token) for token in tokens]

    def check() -> None:
        if request.path == "/health":
            return
        if digests:
            _check_token(digests)
        else:
            _check_host()

    app.before_request(check)


def _check_token(digests: list[bytes]) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    digest = _digest(given.strip())
    matches = [hmac.compare_digest(digest, expected) for expected in digests]
    if scheme.lower() != "bearer" or not any(matches):
        raise Unauthorized("The access token is missing or wrong: send the header Authorization: Bearer <API_TOKEN>.")


def _check_host() -> None:
    if not names_this_machine(_name(request.host)):
        raise Forbidden(
            f"This API has no API_TOKEN and answers to this machine's own names only, not to {_name(request.host)!r}."
        )
    if _is_foreign(request.headers.get("Origin")):
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
