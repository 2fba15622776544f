"""The JSON body of a request, within its limit."""

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from api.errors import NotJson, TooLarge


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
