"""What clients ask of MCP servers beside tools, checked: no I/O, no Flask."""

from collections.abc import Mapping

from api.errors import BadRequest
from api.wire.fields import check_text, read_object, read_text

MAX_NAME_CHARS = 300
MAX_URI_CHARS = 2000
MAX_ARGUMENTS = 30
MAX_ARGUMENT_CHARS = 100_000


def parse_prompt_request(body: object) -> tuple[str, Mapping[str, str]]:
    """Check the body of `POST /tools/{server}/prompts`; return the prompt's name and its arguments.

    Raises:
        BadRequest: A field is wrong; the text names it.
    """
    fields = read_object(body, ("name", "arguments"), '{"name": "review"}')
    name, arguments = read_text(fields, "name", MAX_NAME_CHARS), fields.get("arguments")
    if not name:
        raise BadRequest("name is missing: it says which prompt.")
    if arguments is None:
        return name, {}
    if not isinstance(arguments, dict) or len(arguments) > MAX_ARGUMENTS:
        raise BadRequest(f"arguments has to be an object of at most {MAX_ARGUMENTS} texts.")
    for argument, value in arguments.items():
        if not isinstance(value, str):
            raise BadRequest(f"arguments.{argument[:MAX_NAME_CHARS]} has to be a text.")
        check_text(value, f"arguments.{argument[:MAX_NAME_CHARS]}", MAX_ARGUMENT_CHARS)
    return name, arguments


def parse_resource_request(body: object) -> str:
    """Check the body of `POST /tools/{server}/resources`; return the resource's URI.

    Raises:
        BadRequest: A field is wrong; the text names it.
    """
    uri = read_text(read_object(body, ("uri",), '{"uri": "file:///notes.txt"}'), "uri", MAX_URI_CHARS)
    if not uri:
        raise BadRequest("uri is missing: it says which resource.")
    return uri
