"""A server's tools: what they are and how they are called, as the methods `tools/list` and `tools/call`.

Arguments are checked before a tool begins. What is wrong with them, or goes wrong with the tool, is a result that says
so, for the model to read; only a tool that there is not is an error. Source: MCP 2025-11-25, "Tools", "Error handling".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.tool_arguments import WrongArguments, check_arguments
from api.wire.mcp.header_values import check_parameters
from api.wire.mcp.protocol import INVALID_PARAMS, Fields, McpError
from api.wire.mcp.server import Answering, Call, Method

MAX_SHOWN_CHARS = 60
_SIMPLE = ("string", "integer", "number", "boolean")

Run = Callable[[Call, Fields], "Fields | Answering"]


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """What clients are told of a tool; schemas are JSON Schema 2020-12, annotations the protocol's hints."""

    name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] | None = None

    def fields(self) -> Fields:
        """Return it as `tools/list` has it."""
        fields: Fields = {"name": self.name, "title": self.title, "description": self.description}
        fields["inputSchema"] = self.input_schema
        if self.output_schema is not None:
            fields["outputSchema"] = self.output_schema
        if self.annotations is not None:
            fields["annotations"] = self.annotations
        return fields


def tool_methods(tools: Iterable[tuple[ToolDefinition, Run]]) -> Mapping[str, Method]:
    """Make the methods of these tools."""
    table = {definition.name: (definition, run) for definition, run in tools}
    listed = [definition.fields() for definition, _ in table.values()]

    def call_tool(call: Call) -> Fields | Answering:
        name, arguments = call.params.get("name"), call.params.get("arguments")
        found = table.get(name) if isinstance(name, str) else None
        if found is None:
            raise McpError(INVALID_PARAMS, f"There is no tool {str(name)[:100]!r}; they are {', '.join(table)}.")
        definition, run = found
        if arguments is None:
            arguments = {}
        if not isinstance(arguments, dict):
            raise McpError(INVALID_PARAMS, "arguments has to be an object.")
        if call.era.is_modern:
            check_parameters(definition.input_schema, arguments, call.headers)
        try:
            check_names(arguments, definition.input_schema)
            check_arguments(arguments, definition.input_schema)
        except WrongArguments as error:
            return error_result(str(error))
        return run(call, arguments)

    return {"tools/list": lambda _call: {"tools": listed}, "tools/call": call_tool}


def check_names(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check at once what a body of megabytes may have too much of: names, and values that should be simple.

    Raises:
        WrongArguments: A closed schema does not know a name, or a simple value is a list or an object.
    """
    known: Mapping[str, Any] = schema.get("properties", {})
    for name, value in arguments.items():
        if name not in known and schema.get("additionalProperties") is False:
            raise WrongArguments(f"There is no argument {name[:MAX_SHOWN_CHARS]!r}; there are {', '.join(known)}.")
        kind = known.get(name, {}).get("type")
        if kind in _SIMPLE and isinstance(value, list | dict):
            raise WrongArguments(f"The argument {name} has to be a {kind}.")


def text_result(text: str, structured: Mapping[str, Any]) -> Fields:
    """Make the result of a tool that says the same in words and as fields."""
    return {"content": [{"type": "text", "text": text}], "structuredContent": structured, "isError": False}


def error_result(sentence: str) -> Fields:
    """Make the result of a tool that could not do it."""
    return {"content": [{"type": "text", "text": sentence}], "isError": True}
