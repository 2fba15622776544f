"""Prompts and resources of MCP servers over HTTP: real API servers, a real MCP server as a process."""

from typing import Any

from tests.api.runs.test_tool_calls import provider, tool_api
from tests.support.tool_api import ToolApi

__all__ = ["provider", "tool_api"]

PROMPTS, RESOURCES = "/tools/scripted/prompts", "/tools/scripted/resources"


def test_prompts_are_listed_and_filled_in(tool_api: ToolApi) -> None:
    prompts = {prompt["name"]: prompt for prompt in tool_api.ask("GET", PROMPTS).json()["prompts"]}
    assert set(prompts) == {"review", "greet", "dawdle", "slow prompt"}
    assert [(each["name"], each["required"]) for each in prompts["review"]["arguments"]] == [
        ("code", True), ("tone", False),
    ]  # fmt: skip
    filled = tool_api.ask("POST", PROMPTS, json={"name": "review", "arguments": {"code": "x = 1"}})
    assert filled.json()["text"] == "User:\nReview this in a kind tone:\nx = 1\n\nAssistant:\nGladly."
    assert tool_api.ask("POST", PROMPTS, json={"name": "greet"}).json()["text"].startswith("Say hello. <img")


def test_resources_are_listed_and_read(tool_api: ToolApi) -> None:
    resources = {each["uri"]: each for each in tool_api.ask("GET", RESOURCES).json()["resources"]}
    assert resources["note://wine"] == {
        "uri": "note://wine", "title": "About wine", "description": "What is known.", "mime_type": "text/plain",
    }  # fmt: skip
    (held,) = read(tool_api, "note://wine")
    assert held["text"].startswith("Decant an hour before.")
    (held,) = read(tool_api, "note://picture")
    assert (held["data"], held["mime_type"]) == ("iVBORw==", "image/png")
    (held,) = read(tool_api, "note://large")
    assert len(held["text"]) < 500_000
    assert "left out" in held["text"]


def read(tool_api: ToolApi, uri: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = tool_api.ask("POST", RESOURCES, json={"uri": uri}).json()["content"]
    return content


def test_what_cannot_be_had_is_said(tool_api: ToolApi) -> None:
    for method, path, body, status, sentence in (
        ("GET", "/tools/nothing/prompts", None, 404, "no such MCP server"),
        ("GET", "/tools/nothing/resources", None, 404, "no such MCP server"),
        ("POST", PROMPTS, {"name": "nothing"}, 502, "The MCP server scripted: It says:"),
        ("POST", PROMPTS, {"name": "review"}, 502, "The MCP server scripted: It says:"),
        ("POST", PROMPTS, {"name": "review", "arguments": {"code": 5}}, 400, "arguments.code has to be a text"),
        ("POST", PROMPTS, {"arguments": {}}, 400, "name is missing"),
        ("POST", PROMPTS, {"name": "slow prompt"}, 504, "has not answered in 5 seconds"),
        ("POST", RESOURCES, {"uri": "note://nothing"}, 400, "nothing"),
        ("POST", RESOURCES, {"url": "http://198.51.100.1/"}, 400, "Unknown field"),
        ("POST", RESOURCES, {"uri": "file:///etc/passwd"}, 400, "passwd"),
    ):
        refused = tool_api.ask(method, path, **({"json": body} if body is not None else {}))
        assert (refused.status_code, sentence in refused.json()["error"]) == (status, True), refused.text
