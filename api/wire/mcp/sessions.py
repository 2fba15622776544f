"""Session ids of the older generation: signed, so that every worker knows a genuine one and nobody stores any.

They name whose running call a `notifications/cancelled` means, because every client counts its requests from 0.
Source: MCP 2025-11-25, "Transports", "Session management".
"""

import hashlib
import hmac
import re

from api.config import Config

_ID = re.compile(r"[0-9a-f-]{36}\.[0-9a-f]{32}", re.ASCII)


def session_key(config: Config) -> bytes:
    """Return the secret that all workers of a deployment share."""
    secrets = "\0".join((*config.api_tokens, config.database_url))
    return hashlib.sha256(f"decant mcp session\0{secrets}".encode()).digest()


def sign(key: bytes, account_id: str, unique: str) -> str:
    """Make a session id of an account from an id that nobody else has."""
    return f"{unique}.{_signature(key, account_id, unique)}"


def is_genuine(key: bytes, account_id: str, session_id: str) -> bool:
    """Say whether `sign` has made an id for the account."""
    if not _ID.fullmatch(session_id):
        return False
    unique, _, signature = session_id.partition(".")
    return hmac.compare_digest(signature, _signature(key, account_id, unique))


def call_key(session_id: str, request_id: str | int) -> str:
    """Name a call of a session; the text "1" and the number 1 are two ids."""
    named = f"{session_id}\0{type(request_id).__name__}\0{request_id}"
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


def _signature(key: bytes, account_id: str, unique: str) -> str:
    return hmac.new(key, f"{account_id}\0{unique}".encode(), hashlib.sha256).hexdigest()[:32]
