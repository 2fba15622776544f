"""`/threads`: stored conversations and their messages."""

from functools import partial

from flask import Blueprint, Response, request

from api.config import Config
from api.errors import BadRequest
from api.hub import in_turns
from api.routes.json_body import json_response, read_json
from api.store import LOCAL_ACCOUNT_ID, Store
from api.wire.responses import message_fields, thread_fields
from api.wire.thread_requests import parse_messages, parse_restore, parse_thread, with_new_ids

MAX_PAGE = 200


def create_blueprint(store: Store, config: Config) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("threads", __name__)

    @blueprint.get("/threads")
    def list_threads() -> Response:
        query, cursor = request.args.get("query", ""), request.args.get("cursor")
        page = store.threads.list_newest(LOCAL_ACCOUNT_ID, query=query, cursor=cursor, limit=_limit(50))
        return json_response({"threads": list(map(thread_fields, page.items)), "next_cursor": page.next_cursor})

    @blueprint.post("/threads")
    def create() -> tuple[Response, int]:
        body = read_json(config.max_import_bytes, "MAX_IMPORT_BYTES")
        fields = parse_thread(body, config, more=("messages",))
        entries = body.get("messages", []) if isinstance(body, dict) else []
        messages = tuple(in_turns(with_new_ids(parse_messages(entries, config))))
        make = (
            partial(store.imports.create, LOCAL_ACCOUNT_ID, messages)
            if messages
            else partial(store.threads.create, LOCAL_ACCOUNT_ID)
        )
        thread = make(title=fields.title or "", model=fields.model or "", system_prompt=fields.system_prompt or "")
        return json_response(thread_fields(thread)), 201

    @blueprint.get("/threads/<thread_id>")
    def get(thread_id: str) -> Response:
        return json_response(thread_fields(store.threads.get(LOCAL_ACCOUNT_ID, thread_id)))

    @blueprint.patch("/threads/<thread_id>")
    def update(thread_id: str) -> Response:
        body = read_json(config.max_body_bytes)
        fields = parse_thread(body, config, more=("deleted",))
        if parse_restore(body):
            store.threads.restore(LOCAL_ACCOUNT_ID, thread_id)
        thread = store.threads.update(
            LOCAL_ACCOUNT_ID,
            thread_id,
            title=fields.title,
            model=fields.model,
            system_prompt=fields.system_prompt,
            tools_off=fields.tools_off,
        )
        return json_response(thread_fields(thread))

    @blueprint.delete("/threads/<thread_id>")
    def delete(thread_id: str) -> Response:
        store.threads.delete(LOCAL_ACCOUNT_ID, thread_id)
        return Response(status=204)

    @blueprint.get("/threads/<thread_id>/messages")
    def list_messages(thread_id: str) -> Response:
        cursor = request.args.get("cursor")
        page = store.messages.list_oldest(LOCAL_ACCOUNT_ID, thread_id, cursor=cursor, limit=_limit(MAX_PAGE))
        run_ids = [message.run_id for message in page.items if message.run_id]
        runs = {run.run_id: run for run in store.runs.list_by_id(LOCAL_ACCOUNT_ID, run_ids)}
        fields = [message_fields(message, runs) for message in page.items]
        return json_response({"messages": fields, "next_cursor": page.next_cursor})

    return blueprint


def _limit(default: int) -> int:
    given = request.args.get("limit", str(default))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= MAX_PAGE:
        raise BadRequest(f"limit has to be between 1 and {MAX_PAGE}.")
    return int(given)
