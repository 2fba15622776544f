"""`/threads/{id}/approvals`: the tools that a person has approved for a thread, until they take that back."""

from flask import Blueprint, Response, request

from api.errors import BadRequest
from api.routes.json_body import json_response
from api.runs.toolbox import definition_of
from api.runs.tools import Tools
from api.store import LOCAL_ACCOUNT_ID, Store
from api.wire.responses import approval_fields


def create_blueprint(store: Store, tools: Tools) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("approvals", __name__)

    @blueprint.get("/threads/<thread_id>/approvals")
    def list_approvals(thread_id: str) -> Response:
        thread = store.threads.get(LOCAL_ACCOUNT_ID, thread_id)
        approved = store.run_decisions.approved(LOCAL_ACCOUNT_ID, thread.thread_id)
        offered = {definition_of(tool) for tool in tools.offered()}
        # A tool that is another by now asks again.
        changed = {(tool.server, tool.tool) for tool in offered - approved}
        still = [each for each in approved if each in offered or (each.server, each.tool) not in changed]
        return json_response({"approvals": approval_fields(still)})

    @blueprint.delete("/threads/<thread_id>/approvals")
    def revoke(thread_id: str) -> Response:
        server, tool = request.args.get("server"), request.args.get("tool")
        if not server or not tool:
            raise BadRequest("server and tool say which approval is taken back.")
        thread = store.threads.get(LOCAL_ACCOUNT_ID, thread_id)
        store.run_decisions.revoke(LOCAL_ACCOUNT_ID, thread.thread_id, server, tool)
        return Response(status=204)

    return blueprint
