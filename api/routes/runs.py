"""`/threads/{id}/runs` and `/runs/{id}`: start a run, read it from any event on, decide about its calls, cancel it."""

from flask import Blueprint, Response, g, jsonify, request

from api.config import Config
from api.errors import BadRequest, Busy
from api.routes.client_socket import ClientSocket
from api.routes.json_body import read_json
from api.routes.run_streams import EventStream, stream_response
from api.runs.decisions import Decisions
from api.runs.thread_runs import ThreadRuns
from api.store import LOCAL_ACCOUNT_ID, Store
from api.wire.responses import run_fields
from api.wire.thread_requests import MAX_KEY_CHARS, parse_decision, parse_run_request


def create_blueprint(thread_runs: ThreadRuns, decisions: Decisions, store: Store, config: Config) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("runs", __name__)
    followers = thread_runs.followers

    @blueprint.post("/threads/<thread_id>/runs")
    def start(thread_id: str) -> Response:
        client = ClientSocket(request.environ)
        opened = thread_runs.start(
            LOCAL_ACCOUNT_ID,
            thread_id,
            parse_run_request(read_json(config.max_body_bytes), config),
            idempotency_key=_idempotency_key(),
            request_id=g.request_id,
            client=client,
        )
        response = stream_response(opened.run.run_id, opened.reader, opened.failure, client)
        response.headers["Location"] = f"/runs/{opened.run.run_id}/events"
        return response

    @blueprint.get("/runs/<run_id>")
    def get(run_id: str) -> Response:
        return jsonify(run_fields(store.runs.get(LOCAL_ACCOUNT_ID, run_id)))

    @blueprint.get("/runs/<run_id>/events")
    def events(run_id: str) -> Response:
        run = store.runs.get(LOCAL_ACCOUNT_ID, run_id)
        last_event_id = _last_event_id()
        if not run.is_active and (last_event_id >= run.seq or run.events_pruned_at is not None):
            return Response(status=204)
        if not followers.acquire(blocking=False):
            sentence = f"All {config.max_streams} places to follow a run here are in use. Try again in a moment."
            raise Busy(sentence, retry_after_seconds=2)
        try:
            client = ClientSocket(request.environ)
            opened = thread_runs.open(run, client, last_event_id)
            response = stream_response(run_id, opened.reader, opened.failure, client, default=EventStream.content_type)
        except BaseException:
            followers.release()
            raise
        response.call_on_close(followers.release)
        return response

    @blueprint.post("/runs/<run_id>/tool_calls/<path:tool_call_id>")
    def decide(run_id: str, tool_call_id: str) -> tuple[Response, int]:
        decision = parse_decision(read_json(config.max_body_bytes), tool_call_id)
        run = decisions.decide(LOCAL_ACCOUNT_ID, run_id, decision, request_id=g.request_id)
        return jsonify(run_fields(run)), 202

    @blueprint.post("/runs/<run_id>/cancel")
    def cancel(run_id: str) -> tuple[Response, int]:
        return jsonify(run_fields(thread_runs.cancel(LOCAL_ACCOUNT_ID, run_id))), 202

    return blueprint


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= MAX_KEY_CHARS:
        raise BadRequest(f"Idempotency-Key has to have 1 to {MAX_KEY_CHARS} characters.")
    return key


def _last_event_id() -> int:
    given = request.headers.get("Last-Event-ID") or request.args.get("after") or "0"
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise BadRequest("Last-Event-ID (or ?after=) has to be the number of an event.")
    return int(given)
