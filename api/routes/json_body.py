"""JSON in and out: the body of a request, within its limit and its time, and that of a response."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from functools import partial

import orjson
from flask import Response, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from api.errors import BadRequest, NotJson, TooLarge, TooSlow
from api.hub import in_turns
from api.routes import large_json

PIECE_BYTES = 256_000


def read_json(max_bytes: int, setting: str = "MAX_BODY_BYTES") -> object:
    """Return the decoded body, None where it is not JSON; `setting` is where the limit comes from.

    Raises:
        NotJson: It is not declared as JSON.
        TooLarge: It is over the limit.
        TooSlow: It has not come in its time.
        BadRequest: It is cut off or framed wrongly.
    """
    body = read_body(max_bytes, setting)
    try:
        return large_json.decode(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError:
        return None


def read_body(max_bytes: int, setting: str = "MAX_BODY_BYTES") -> bytes:
    """Return the body that is declared as JSON; raises like `read_json`."""
    if not request.is_json:
        raise NotJson("Send the body as JSON, with the header Content-Type: application/json.")
    request.max_content_length = max_bytes
    try:
        body = b"".join(in_turns(iter(partial(request.stream.read, PIECE_BYTES), b"")))
        is_whole = len(body) < max_bytes
    except RequestEntityTooLarge:
        is_whole = False
    except ClientDisconnected as error:
        if isinstance(error.__context__, TimeoutError):
            raise TooSlow("The body took too long to arrive. Send it without pauses.") from None
        raise
    except HTTPException:
        raise
    except Exception as error:
        raise BadRequest("The body is not framed as its headers say.") from error
    # A chunked body over the limit is cut there without an error.
    if not is_whole:
        raise TooLarge(f"The body is larger than {setting} allows.")
    return body


def json_response(fields: Mapping[str, object]) -> Response:
    """Answer with JSON, which may hold ready pieces of it."""
    return Response(orjson.dumps(fields), content_type="application/json")
