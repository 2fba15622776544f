"""The suite's resources and prompts."""

import re
from collections.abc import Mapping

import orjson

from api.wire.mcp.protocol import INVALID_PARAMS, Fields, McpError
from api.wire.mcp.server import Call, Method
from tests.conformance.fixture_tools import PNG, embedded, text

STATIC: Mapping[str, Fields] = {
    "test://static-text": {"mimeType": "text/plain", "text": "This is the content of the static text resource."},
    "test://static-binary": {"mimeType": "image/png", "blob": PNG},
    "test://watched-resource": {"mimeType": "text/plain", "text": "Nothing changes."},
}
TEMPLATE = re.compile(r"test://template/([^/]{1,100})/data")
PROMPTS: Mapping[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


def resource_methods() -> Mapping[str, Method]:
    """Make the methods of resources."""
    listed = [
        {"uri": uri, "name": uri.removeprefix("test://"), "description": "A fixture.", "mimeType": held["mimeType"]}
        for uri, held in STATIC.items()
    ]
    template = {"uriTemplate": "test://template/{id}/data", "name": "template", "description": "A fixture."}
    return {
        "resources/list": lambda _: {"resources": listed},
        "resources/templates/list": lambda _: {"resourceTemplates": [{**template, "mimeType": "application/json"}]},
        "resources/read": read_resource,
        "completion/complete": lambda _: {"completion": {"values": ["paris", "park"], "total": 2, "hasMore": False}},
    }


def read_resource(call: Call) -> Fields:
    """Read one of them."""
    uri = str(call.params.get("uri"))
    if uri in STATIC:
        return {"contents": [{"uri": uri, **STATIC[uri]}]}
    found = TEMPLATE.fullmatch(uri)
    if found is None:
        raise McpError(INVALID_PARAMS, "Resource not found", {"uri": uri})
    held = {"id": found[1], "templateTest": True, "data": f"Data for ID: {found[1]}"}
    return {"contents": [{"uri": uri, "mimeType": "application/json", "text": orjson.dumps(held).decode()}]}


def prompt_methods(prompt_that_asks: Method) -> Mapping[str, Method]:
    """Make the methods of prompts."""
    listed = [
        {
            "name": name,
            "description": "A fixture.",
            "arguments": [{"name": argument, "description": "A fixture.", "required": True} for argument in arguments],
        }
        for name, arguments in PROMPTS.items()
    ]

    def get_prompt(call: Call) -> Fields:
        name = call.params.get("name")
        if name == "test_input_required_result_prompt":
            return prompt_that_asks(call)
        given = call.params.get("arguments") or {}
        return {"messages": [{"role": "user", "content": piece} for piece in pieces(str(name), given)]}

    return {"prompts/list": lambda _: {"prompts": listed}, "prompts/get": get_prompt}


def pieces(name: str, given: Fields) -> list[Fields]:
    """Return what a prompt says."""
    if name == "test_simple_prompt":
        return [text("This is a simple prompt for testing.")]
    if name == "test_prompt_with_arguments":
        return [text(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")]
    if name == "test_prompt_with_embedded_resource":
        resource = {"uri": str(given.get("resourceUri")), "mimeType": "text/plain"}
        held = embedded(resource, "Embedded resource content for testing.")
        return [held, text("Please process the embedded resource above.")]
    if name == "test_prompt_with_image":
        image = {"type": "image", "data": PNG, "mimeType": "image/png"}
        return [image, text("Please analyze the image above.")]
    raise McpError(INVALID_PARAMS, "There is no such prompt.")
