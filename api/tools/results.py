"""What a tool answers, as the content that is stored: bounded, and as it was received.

Source: MCP 2026-07-28, "Tools", of tool results. Nothing here follows a link.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from mcp import types

from api.tool_calls import Content, Question, ToolAnswer, failed

MAX_TEXT_CHARS = 400_000
MAX_DATA_CHARS = 8_000_000  # Of base64: 6 MB of image.
MAX_PIECES = 200
MAX_QUESTIONS = 5
MAX_QUESTION_CHARS = 4000
MAX_QUESTION_SIZE = 100_000
NOT_GIVEN = (
    "The tool asks for something that this program does not give (sampling, roots, no address of the web, or a form "
    "that is too long)."
)
CUT = "\n[The rest of this result is left out: it is too long.]"
UNREADABLE = "[This tool also answered with structured content that cannot be kept.]"
TOO_LARGE = "[This tool answered with a file that is too large to be shown.]"


def answer_of(result: types.CallToolResult) -> ToolAnswer:
    """Return the content of a result, of a long one the beginning."""
    content = list(bounded(map(content_of, result.content[:MAX_PIECES])))
    if result.structured_content is not None:
        content.append(_structured(result.structured_content))
    return ToolAnswer(tuple(content), bool(result.is_error))


def questions_of(result: types.InputRequiredResult) -> ToolAnswer:
    """Return what a server asks the person; a failure where it asks for anything else, or for too much."""
    questions = []
    for key, request in (result.input_requests or {}).items():
        question = question_of(key, request.params) if isinstance(request, types.ElicitRequest) else None
        if question is None:
            return failed(NOT_GIVEN)
        questions.append(question)
    if len(questions) > MAX_QUESTIONS or len(result.request_state or "") > MAX_QUESTION_SIZE:
        return failed("The tool asks for more than a person can be asked.")
    return ToolAnswer((), questions=tuple(questions), state=result.request_state)


def question_of(key: str, params: types.ElicitRequestParams) -> Question | None:
    """Return what a server asks; None where it is too much for a person, or no address of the web."""
    message = params.message[:MAX_QUESTION_CHARS]
    if isinstance(params, types.ElicitRequestURLParams):
        question = Question(key, "url", message, url=params.url)
        is_good = params.url.startswith(("http://", "https://"))
    else:
        question = Question(key, "form", message, schema=params.requested_schema)
        is_good = True
    return question if is_good and len(key) + _size(question.schema or question.url) <= MAX_QUESTION_SIZE else None


def _size(schema: object) -> int:
    try:
        return len(orjson.dumps(schema))
    except orjson.JSONEncodeError:
        return MAX_QUESTION_SIZE + 1


def content_of(block: types.ContentBlock) -> Content:
    """Return a block as it is stored."""
    fields: dict[str, Any]
    match block:
        case types.TextContent():
            fields = {"type": "text", "text": block.text}
        case types.ImageContent():
            fields = {"type": "image", "data": block.data, "mime_type": block.mime_type}
        case types.AudioContent():
            fields = {"type": "audio", "data": block.data, "mime_type": block.mime_type}
        case types.ResourceLink():
            named = {"name": block.name, "title": block.title, "description": block.description}
            fields = {"type": "resource_link", "uri": str(block.uri), "mime_type": block.mime_type, **named}
        case types.EmbeddedResource():
            found = block.resource
            held = {"text": found.text} if isinstance(found, types.TextResourceContents) else {"data": found.blob}
            fields = {"type": "resource", "uri": str(found.uri), "mime_type": found.mime_type, **held}
    audience = block.annotations.audience if block.annotations else None
    fields["audience"] = list(audience) if audience else None
    return {name: value for name, value in fields.items() if value is not None}


def bounded(content: Iterable[Content]) -> Iterable[Content]:
    """Yield content up to what is kept of one result."""
    texts_left, data_left = MAX_TEXT_CHARS, MAX_DATA_CHARS
    for one in content:
        text, data = one.get("text", ""), one.get("data", "")
        texts_left -= len(text)
        data_left -= len(data)
        if data_left < 0 and data:
            yield {"type": "text", "text": TOO_LARGE}
        elif texts_left < 0 and text:
            yield {**one, "text": text[: texts_left + len(text)] + CUT}
            return
        else:
            yield one


def _structured(value: object) -> Content:
    try:
        encoded = orjson.dumps(value)
    except orjson.JSONEncodeError:  # A number of more than 64 bits, or very deep.
        return {"type": "text", "text": UNREADABLE}
    if len(encoded) <= MAX_TEXT_CHARS:
        return {"type": "structured", "value": value}
    return {"type": "text", "text": encoded[:MAX_TEXT_CHARS].decode(errors="ignore") + CUT}
