"""Other people's documents of the protocol, as llm-comply carries them, cut down to what Decant serves.

What both leave out is added: that a request may fail, with OpenAI's error object.
"""

import json
from pathlib import Path
from typing import Any

from tests.conformance.v1.gateway import MODEL, installed, run

ROUTES = {
    "openai_chat": [("/chat/completions", "post"), ("/models", "get"), ("/models/{model}", "get")],
    "openresponses": [("/responses", "post")],
}
# What asks for something that is stored or goes on behind, which Decant refuses.
STORED = ("previous_response_id", "conversation", "background")
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["type", "message", "param", "code"]}},
}


def carried(name: str) -> dict[str, Any]:
    """Read a document; without its discriminators, which name values where OpenAPI wants the names of schemas."""
    script = "import llm_comply, pathlib; print(pathlib.Path(llm_comply.__file__).parent / 'specs')"
    folder = run([installed("python"), "-c", script], Path.cwd(), 60).stdout.strip()
    text = (Path(folder) / f"{name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text, object_hook=_without_discriminator)
    return document


def reduced(name: str, document: dict[str, Any], *, is_streamed: bool) -> dict[str, Any]:
    """Keep the routes, have them ask for the model that is there, in one way, and let them fail."""
    operations = {path: {method: document["paths"][path][method]} for path, method in ROUTES[name]}
    for operation in (operation for methods in operations.values() for operation in methods.values()):
        answered = operation["responses"]["200"]["content"]
        operation["responses"]["4XX"] = {"description": "", "content": {"application/json": {"schema": ERROR}}}
        if "text/event-stream" in answered:
            answered["text/event-stream"] = {"schema": _event(answered["text/event-stream"]["schema"])}
        if "requestBody" in operation:
            operation["requestBody"]["content"].pop("application/x-www-form-urlencoded", None)
    _pin(name, document["components"]["schemas"], is_streamed)
    _name_as_openai(document["components"]["schemas"])
    return {**document, "paths": operations}


def _pin(name: str, schemas: dict[str, Any], is_streamed: bool) -> None:
    """Say which model there is and how it is asked, and that there has to be a question."""
    of_responses = name == "openresponses"
    asked = schemas["CreateResponseBody"] if of_responses else schemas["CreateChatCompletionRequest"]["allOf"][1]
    for field in STORED:
        asked["properties"].pop(field, None)
    asked["properties"] |= {"model": {"enum": [MODEL]}, "stream": {"enum": [is_streamed]}}
    asked["required"] = ["model", "stream", "input" if of_responses else "messages"]


def _name_as_openai(schemas: dict[str, Any]) -> None:
    """Call the events of reasoning what OpenAI calls them; Open Responses has a name of its own for them."""
    for ending in ("delta", "done"):
        if event := schemas.get(f"ResponseReasoning{ending.title()}StreamingEvent"):
            event["properties"]["type"]["enum"] = [f"response.reasoning_text.{ending}"]


def _event(payload: dict[str, Any]) -> dict[str, Any]:
    """Say of an event what the document says of its data, which is the end mark or a chunk."""
    encoded = {"contentMediaType": "application/json", "contentSchema": payload}
    return {"type": "object", "required": ["data"], "properties": {"data": {"anyOf": [{"enum": ["[DONE]"]}, encoded]}}}


def _without_discriminator(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "discriminator"}
