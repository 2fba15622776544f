"""A model that does as it is told, worked out from the request alone: tool calls, JSON by schema, PONG, or an echo."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.support.provider.scenario import Scenario

DEPTH = 8


def obey(scenario: Scenario, request: Mapping[str, Any]) -> Scenario:
    """Return the scenario with what such a model answers to this request."""
    messages = request.get("messages") or []
    asked = text_of([message for message in messages if message.get("role") == "user"][-1:])
    if messages and messages[-1].get("role") == "tool":
        return replace(scenario, text=f"The tool said: {text_of(messages[-1:])}")
    if chosen := _chosen_tools(request, asked):
        calls = tuple({"name": tool["name"], "arguments": _arguments(tool, asked)} for tool in chosen)
        return replace(scenario, text="", tool_calls=calls, finish_reason="tool_calls")
    return replace(scenario, text=_answer(request, asked))


def _chosen_tools(request: Mapping[str, Any], asked: str) -> list[dict[str, Any]]:
    """Choose the tool that is forced, or those the question names, or the first one."""
    tools = [tool["function"] for tool in request.get("tools") or () if "function" in tool]
    choice = request.get("tool_choice", "auto")
    if choice == "none" or not tools:
        return []
    if isinstance(choice, Mapping):
        forced = choice.get("function", {}).get("name")
        return [tool for tool in tools if tool["name"] == forced]
    return [tool for tool in tools if re.search(rf"\b{re.escape(tool['name'])}\b", asked)] or tools[:1]


def _arguments(tool: Mapping[str, Any], asked: str) -> str:
    schema = tool.get("parameters") or {}
    return json.dumps(_sample(schema, schema, asked), ensure_ascii=False)


def _answer(request: Mapping[str, Any], asked: str) -> str:
    wanted = request.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        return json.dumps(_sample(schema, schema, asked), ensure_ascii=False)
    if wanted.get("type") == "json_object":
        given = re.search(r"\{.*\}", asked, re.DOTALL)
        return given[0] if given else json.dumps(dict.fromkeys(re.findall(r"['\"`](\w+)['\"`]", asked), asked))
    return "PONG" if "PONG" in asked else asked or "Hello."


def _sample(schema: Mapping[str, Any], root: Mapping[str, Any], asked: str, depth: int = DEPTH) -> Any:
    """Make a value that a JSON schema takes, of what the question has: its first number, its first quoted words."""
    if reference := schema.get("$ref"):
        schema = root.get("$defs", {}).get(reference.rpartition("/")[2], {})
    for several in ("anyOf", "oneOf", "allOf"):
        if schema.get(several) and depth:
            return _sample(schema[several][0], root, asked, depth - 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    number, quoted = re.search(r"\d+", asked), re.search(r"'([^']+)'", asked)
    match schema.get("type"):
        case "integer" | "number":
            return int(number[0]) if number else 1
        case "boolean":
            return True
        case "null":
            return None
        case "array":
            return [_sample(schema.get("items") or {}, root, asked, depth - 1)] if depth else []
        case "object":
            fields = (schema.get("properties") or {}).items() if depth else ()
            return {name: _sample(field, root, asked, depth - 1) for name, field in fields}
    return quoted[1] if quoted else asked or "text"


def text_of(messages: list[dict[str, Any]]) -> str:
    """Join the text of messages, whose content is a string, parts, or nothing."""
    contents = [message.get("content") for message in messages]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    return "".join(
        [content for content in contents if isinstance(content, str)] + [part.get("text", "") for part in parts]
    )
