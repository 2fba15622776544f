"""`/tools`: the MCP servers, how they stand, the tools they offer, and their prompts and resources for persons."""

from dataclasses import asdict

from flask import Blueprint, Response

from api.config import Config
from api.routes.json_body import json_response, read_json
from api.runs.tools import Tools
from api.wire.responses import prompt_fields, server_fields
from api.wire.tool_requests import parse_prompt_request, parse_resource_request


def create_blueprint(tools: Tools, config: Config) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("tools", __name__)

    @blueprint.get("/tools")
    def list_servers() -> Response:
        return json_response({"servers": list(map(server_fields, tools.servers()))})

    @blueprint.get("/tools/<server>/prompts")
    def list_prompts(server: str) -> Response:
        return json_response({"prompts": list(map(prompt_fields, tools.prompts(server)))})

    @blueprint.post("/tools/<server>/prompts")
    def get_prompt(server: str) -> Response:
        name, arguments = parse_prompt_request(read_json(config.max_body_bytes))
        return json_response({"text": tools.prompt_text(server, name, arguments)})

    @blueprint.get("/tools/<server>/resources")
    def list_resources(server: str) -> Response:
        return json_response({"resources": list(map(asdict, tools.resources(server)))})

    @blueprint.post("/tools/<server>/resources")
    def read_resource(server: str) -> Response:
        uri = parse_resource_request(read_json(config.max_body_bytes))
        return json_response({"content": tools.resource_content(server, uri)})

    @blueprint.post("/tools/<server>/reconnect")
    def reconnect(server: str) -> tuple[Response, int]:
        tools.reconnect(server)
        return list_servers(), 202

    return blueprint
