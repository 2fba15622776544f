"""`/tools`: the MCP servers, how they stand, and the tools they offer."""

from flask import Blueprint, Response

from api.routes.json_body import json_response
from api.runs.tools import Tools
from api.wire.responses import server_fields


def create_blueprint(tools: Tools) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("tools", __name__)

    @blueprint.get("/tools")
    def list_servers() -> Response:
        return json_response({"servers": list(map(server_fields, tools.servers()))})

    @blueprint.post("/tools/<server>/reconnect")
    def reconnect(server: str) -> tuple[Response, int]:
        tools.reconnect(server)
        return list_servers(), 202

    return blueprint
