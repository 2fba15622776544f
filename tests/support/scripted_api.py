"""A small Flask app on a real socket that answers like Decant's API, event by event, as a test or a person says."""

import json
import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.processes import WAIT_SECONDS
from tests.support.scripted_runs import ScriptedRun
from tests.support.scripted_threads import ScriptedThreads
from tests.support.scripted_tools import ScriptedTools

# How soon a run notices that its client is gone.
PROBE_SECONDS = 0.02
PAGE = 50
GONE = {"error": "There is no such thread.", "code": "not_found", "retryable": False, "request_id": "req-404"}
BUSY = {"error": "This thread is being answered.", "code": "busy", "retryable": True, "request_id": "req-409"}


class ScriptedApi:
    """The server; a context manager that ends with every open run."""

    def __init__(
        self, on_run: Callable[[ScriptedRun], object] | None = None, probe_seconds: float = PROBE_SECONDS
    ) -> None:
        self._probe_seconds = probe_seconds
        self.models: dict[str, Any] = {"models": [{"name": "scripted"}], "default": "scripted"}
        self.runs: queue.Queue[ScriptedRun] = queue.Queue()
        self.refusals: list[tuple[str, Response]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.store = ScriptedThreads()
        self.tools = ScriptedTools()
        self._on_run = on_run
        self._app = self._create_app()
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.hang_up()

    def listen(self) -> None:
        """Begin to answer, on the same port as before if there was one."""
        self._server = make_server("127.0.0.1", self._port, self._app, threaded=True, request_handler=QuietHandler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def hang_up(self) -> None:
        """Break every open run and refuse connections from now on."""
        for run in [*self.store.runs.values()]:
            run.abort()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(WAIT_SECONDS)

    def next_run(self) -> ScriptedRun:
        """Return the next run that was asked for, waiting for it."""
        return self.runs.get(timeout=WAIT_SECONDS)

    def refuse(self, status: int, body: object, *, path_end: str = "", **headers: str) -> None:
        """Answer the next request, or the next whose path ends so, with an error."""
        content = body if isinstance(body, str) else json.dumps(body)
        mimetype = "text/html" if isinstance(body, str) else "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.refusals.append((path_end, Response(content, status, named, mimetype=mimetype)))

    def _create_app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def refuse() -> Response | None:
            self.requests.append((request.method, request.path, dict(request.headers)))
            for at, (path_end, response) in enumerate(self.refusals):
                if request.path.endswith(path_end):
                    del self.refusals[at]
                    return response
            return None

        @app.get("/health")
        def health() -> Response:
            return Response("ok", mimetype="text/plain")

        @app.get("/models")
        def models() -> Response:
            return jsonify(self.models)

        self._add_threads(app)
        self._add_runs(app)
        self.tools.add_to(app)
        return app

    def _add_threads(self, app: Flask) -> None:
        store = self.store

        @app.get("/threads")
        def threads() -> Response:
            found = store.newest(request.args.get("query", ""))
            start = int(request.args.get("cursor", 0))
            end = start + PAGE
            return jsonify(threads=found[start:end], next_cursor=str(end) if len(found) > end else None)

        @app.post("/threads")
        def create() -> tuple[Response, int]:
            return jsonify(store.create(request.get_json())), 201

        @app.route("/threads/<thread_id>", methods=["GET", "PATCH", "DELETE"])
        def thread(thread_id: str) -> tuple[Response, int]:
            body = request.get_json() if request.method == "PATCH" else {}
            if body.pop("deleted", None) is False:
                store.deleted.discard(thread_id)
            found = store.find(thread_id)
            if found is None:
                return jsonify(GONE), 404
            if request.method == "DELETE":
                store.deleted.add(thread_id)
                return Response(), 204
            if request.method == "PATCH":
                store.before_update(body)
            found.update(body)
            return jsonify(found), 200

        @app.get("/threads/<thread_id>/messages")
        def messages(thread_id: str) -> tuple[Response, int]:
            if store.find(thread_id) is None:
                return jsonify(GONE), 404
            stored = store.messages[thread_id]
            start = int(request.args.get("cursor", 0))
            shown = [store.message_fields(message) for message in stored[start : start + PAGE]]
            more = str(start + PAGE) if len(stored) > start + PAGE else None
            return jsonify(messages=shown, next_cursor=more), 200

    def _add_runs(self, app: Flask) -> None:
        store = self.store

        @app.post("/threads/<thread_id>/runs")
        def start(thread_id: str) -> Response | tuple[Response, int]:
            headers = dict(request.headers)
            if store.find(thread_id) is None:
                return jsonify(GONE), 404
            run = store.keys.get(headers.get("Idempotency-Key", ""))
            if run is None and store.running(thread_id):
                return jsonify(BUSY), 409
            if run is None:
                run = store.start(thread_id, request.get_json(), headers, self._probe_seconds)
                self.runs.put(run)
                if self._on_run:
                    threading.Thread(target=self._on_run, args=(run,), daemon=True).start()
            return Response(run.open(), 200, {"X-Run-Id": run.run_id}, mimetype="text/event-stream")

        @app.get("/runs/<run_id>/events")
        def events(run_id: str) -> Response:
            run = store.runs[run_id]
            after = int(request.headers.get("Last-Event-ID", 0))
            if run.status != "running" and after >= run.seq:
                return Response(status=204)
            return Response(run.open(after), 200, {"X-Run-Id": run.run_id}, mimetype="text/event-stream")

        @app.post("/runs/<run_id>/cancel")
        def cancel(run_id: str) -> tuple[Response, int]:
            run = store.runs[run_id]
            run.cancelled.set()
            if run.status == "running":
                run.send("run.cancelled").end()
            return jsonify(run_id=run_id), 202


class QuietHandler(WSGIRequestHandler):
    """HTTP/1.1, so that streams are chunked, and no log."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        pass
