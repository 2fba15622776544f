"""The MCP servers of the scripted API: what they offer, and when they say so."""

import threading
from typing import Any

from flask import Flask, Response, jsonify, request

from tests.support.processes import WAIT_SECONDS


class ScriptedTools:
    """Servers by name, each with what it offers; nobody is answered about a server while `gate` is not set."""

    def __init__(self) -> None:
        self.prompts: dict[str, list[dict[str, Any]]] = {}
        self.resources: dict[str, list[dict[str, Any]]] = {}
        self.gate = threading.Event()
        self.gate.set()

    def add_to(self, app: Flask) -> None:
        """Add the routes."""

        @app.get("/tools")
        def servers() -> Response:
            names = sorted({*self.prompts, *self.resources})
            return jsonify(servers=[{"name": name, "title": name, "status": "ready", "tools": []} for name in names])

        @app.route("/tools/<server>/prompts", methods=["GET", "POST"])
        def prompts(server: str) -> Response:
            self.gate.wait(WAIT_SECONDS)
            if request.method == "POST":
                return jsonify(text=f"The prompt {request.get_json()['name']}")
            return jsonify(prompts=self.prompts.get(server, []))

        @app.route("/tools/<server>/resources", methods=["GET", "POST"])
        def resources(server: str) -> Response:
            self.gate.wait(WAIT_SECONDS)
            if request.method == "POST":
                return jsonify(content=[{"type": "resource", "text": f"{server} has it"}])
            return jsonify(resources=self.resources.get(server, []))


def prompt(name: str, description: str = "", arguments: int = 0) -> dict[str, Any]:
    """Return a prompt as the API describes it."""
    fields = [{"name": f"a{at}", "description": description, "required": False} for at in range(arguments)]
    return {"name": name, "title": name, "description": description, "arguments": fields}


def resource(uri: str, title: str, description: str = "") -> dict[str, Any]:
    """Return a resource as the API describes it."""
    return {"uri": uri, "title": title, "description": description, "mime_type": ""}
