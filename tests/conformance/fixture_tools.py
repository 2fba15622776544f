"""The suite's tools that answer at once, by the names that its scenarios call."""

import time
from collections.abc import Iterator

from api.wire.mcp.protocol import MISSING_CAPABILITY, Fields, McpError
from api.wire.mcp.server import Call
from api.wire.mcp.tool_table import Run, ToolDefinition, error_result

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
NOTHING: Fields = {"type": "object", "properties": {}}
PAUSE_SECONDS = 0.05
# What the suite looks for in a schema, as its scenario json-schema-2020-12 has it.
JSON_SCHEMA: Fields = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
HEADER_SCHEMA: Fields = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}, "query": {"type": "string"}},
    "required": ["region"],
}


class Progress:
    """Three steps with a pause between them, then the result; ends when it is let go of."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        for step in (0, 50, 100):
            yield self._call.progress_frame(step, total=100)
            time.sleep(PAUSE_SECONDS)
            if self._is_closed:
                return
        yield self._call.result_frame(content(text("Done.")))

    def close(self) -> None:
        """Stop at the next step."""
        self._is_closed = True


def plain_tools() -> list[tuple[ToolDefinition, Run]]:
    """Return the tools that ask nothing."""
    resource = {"uri": "test://embedded-resource", "mimeType": "text/plain"}
    mixed = {"uri": "test://mixed-content-resource", "mimeType": "application/json"}
    image = {"type": "image", "data": PNG, "mimeType": "image/png"}
    answers: dict[str, Fields] = {
        "test_simple_text": content(text("This is a simple text response for testing.")),
        "test_image_content": content(image),
        "test_audio_content": content({"type": "audio", "data": WAV, "mimeType": "audio/wav"}),
        "test_embedded_resource": content(embedded(resource, "This is an embedded resource content.")),
        "test_multiple_content_types": content(
            text("Multiple content types test:"), image, embedded(mixed, '{"test":"data","value":123}')
        ),
        "test_error_handling": error_result("This tool intentionally returns an error for testing"),
        "test_logging_tool": content(text("Nothing is logged for who has not asked.")),
        "test_streaming_elicitation": content(text("Nothing is asked on this stream.")),
    }
    tools: list[tuple[ToolDefinition, Run]] = [(define(name), answering(answer)) for name, answer in answers.items()]
    return [
        *tools,
        (define("test_tool_with_progress"), lambda call, _: Progress(call)),
        (define("test_missing_capability"), need_sampling),
        (define("json_schema_2020_12_tool", JSON_SCHEMA), answering(content(text("ok")))),
        (define("test_custom_header", HEADER_SCHEMA), answering(content(text("ok")))),
    ]


def define(name: str, schema: Fields = NOTHING) -> ToolDefinition:
    """Define a fixture."""
    return ToolDefinition(name, name, f"The suite's fixture {name}.", schema)


def need_sampling(call: Call, _arguments: Fields) -> Fields:
    """Refuse clients that do not let themselves be asked for text."""
    if "sampling" not in call.era.capabilities:
        raise McpError(MISSING_CAPABILITY, "This needs sampling.", {"requiredCapabilities": {"sampling": {}}})
    return content(text("ok"))


def answering(answer: Fields) -> Run:
    """Make a tool that always says the same."""
    return lambda _call, _arguments: answer


def content(*pieces: Fields) -> Fields:
    """Make a result."""
    return {"content": list(pieces)}


def text(said: str) -> Fields:
    """Make a piece of text."""
    return {"type": "text", "text": said}


def embedded(resource: Fields, said: str) -> Fields:
    """Make a resource that is a piece of the result."""
    return {"type": "resource", "resource": {**resource, "text": said}}
