"""What a provider says when it fails becomes one error of the tree: no I/O, and never a key in a sentence.

Providers agree on neither status, shape nor code, so an error is recognised by whichever of them it carries.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import orjson

from api.errors import ContentFiltered, ContextTooLong, ProviderError, ProviderRateLimited, ProviderRejected
from api.provider.redaction import quotable

SAYS = " It says: "
REFUSES = "The provider refuses the request"
CHECK_BASE_URL = "check OPENAI_BASE_URL (it usually ends in /v1)"

_CONTEXT_WORDS = re.compile(
    r"context[ _](length|window|size)|maximum context|max_model_len|too many tokens|(prompt|input) is too long"
)
_FILTER_WORDS = re.compile(r"content[ _](filter|policy|management)|responsibleaipolicy|data_inspection|moderation")
_QUOTA_WORDS = re.compile(r"insufficient[ _](quota|balance|credit|funds)|exceeded your current quota|billing")
_RATE_WORDS = re.compile(r"rate[ _-]?limit|too many requests")
_AUTH_WORDS = re.compile(r"invalid[ _]api[ _]key|authentication|unauthorized|permission[ _](denied|error)")
LONGEST_WAIT_SECONDS = 3600.0


def error_from_response(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Build the error for a response that is no success; header names are in lower case."""
    payload: object
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = body.decode(errors="replace").strip()
    return error_from_payload(payload, status=status, retry_after_seconds=retry_after(headers))


def error_from_payload(
    payload: object, *, status: int | None = None, retry_after_seconds: float | None = None
) -> ProviderError:
    """Build the error for what the provider said, in a response of that status or, without one, in its stream."""
    message, codes, status = _read(payload, status)
    error, sentence = _classify(status, f"{codes} {message}".lower())
    # A provider repeats a wrong key, more or less masked.
    said = f"{SAYS}{message}" if message and status != 401 else ""
    return error(sentence + said, retry_after_seconds=retry_after_seconds)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how many seconds the provider wants to be left alone, an hour at most.

    Source: `retry-after-ms` of OpenAI, or `retry-after` in either form of RFC 9110, section 10.2.3.
    """
    milliseconds, seconds = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds is not None:
            wait = float(milliseconds) / 1000
        elif seconds is None:
            return None
        elif seconds.strip().replace(".", "", 1).isdigit():
            wait = float(seconds)
        else:
            wait = (parsedate_to_datetime(seconds) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), LONGEST_WAIT_SECONDS) if math.isfinite(wait) else None


def _classify(status: int | None, words: str) -> tuple[type[ProviderError], str]:
    if status in (401, 403) or (status is None and _AUTH_WORDS.search(words)):
        return ProviderRejected, "The provider does not accept the API key: check OPENAI_API_KEY."
    if status == 402 or _QUOTA_WORDS.search(words):
        return ProviderRejected, "The provider's account has no quota left: check its plan and billing."
    if status == 429 or (status is None and _RATE_WORDS.search(words)):
        return ProviderRateLimited, "The provider wants fewer requests: try again in a moment."
    if status == 404:
        return ProviderRejected, f"The provider does not know this model or address: check LLM_MODEL, {CHECK_BASE_URL}."
    if _CONTEXT_WORDS.search(words) or status == 413:
        return ContextTooLong, "The conversation is too long for this model: shorten it or start a new one."
    if _FILTER_WORDS.search(words):
        return ContentFiltered, "The provider's content filter refused this."
    if status is not None and 300 <= status < 400:
        return ProviderRejected, f"The provider answered with a redirect: {CHECK_BASE_URL}."
    if status is not None and status < 500 and status not in (408, 409, 425):
        return ProviderRejected, f"{REFUSES} (status {status})."
    return ProviderError, "The provider failed" + (f" (status {status})." if status else ".")


def _read(payload: object, status: int | None) -> tuple[str, str, int | None]:
    """Find the message, the codes as one text and the status in any known shape of an error."""
    if isinstance(payload, list) and payload:
        payload = payload[0]
    error = payload.get("error") or payload if isinstance(payload, Mapping) else payload
    if not isinstance(error, Mapping):
        return ("" if error is None else quotable(str(error))), "", status
    codes = [error.get("code"), error.get("type"), error.get("status")]
    for code in codes:
        if status is None and isinstance(code, int | str) and re.fullmatch(r"[3-5]\d\d", str(code)):
            status = int(code)
    message = error.get("message") or error.get("detail") or error.get("error") or ""
    return quotable(str(message)), " ".join(str(code) for code in codes if code), status
