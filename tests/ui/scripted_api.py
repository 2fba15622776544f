"""A small Flask app on a real socket that answers like Decant's API, event by event, as a test or a person says."""

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

WAIT_SECONDS = 5.0
# No run outlives this, so that a reader that should have been stopped fails its test instead of hanging it.
RUN_SECONDS = 20.0
# How soon a run notices that its client is gone.
PROBE_SECONDS = 0.02


class ScriptedRun:
    """One POST /stream: what it asked for and what it is told."""

    def __init__(self, body: dict[str, Any], headers: dict[str, str], probe_seconds: float) -> None:
        self._probe_seconds = probe_seconds
        self.body = body
        self.headers = headers
        self.client_gone = threading.Event()
        self._script: queue.Queue[bytes | Exception | None] = queue.Queue()
        self._seq = 0

    @property
    def last_text(self) -> str:
        return str(self.body["messages"][-1]["content"])

    def send(self, event_type: str, **fields: Any) -> Self:
        self._seq += 1
        frame = f"id: {self._seq}\nevent: {event_type}\ndata: {json.dumps(fields)}\n\n"
        return self.send_bytes(frame.encode())

    def send_bytes(self, chunk: bytes) -> Self:
        self._script.put(chunk)
        return self

    def start(self) -> Self:
        thread_id = self.body["thread_id"]
        return self.send("run.started", run_id="r1", thread_id=thread_id, message_id="m1", model="scripted")

    def text(self, *deltas: str) -> Self:
        for delta in deltas:
            self.send("message.delta", text=delta)
        return self

    def complete(self, finish_reason: str = "stop") -> Self:
        return self.send("run.completed", finish_reason=finish_reason).end()

    def end(self) -> Self:
        """End the response as a server does that has nothing more to say."""
        self._script.put(None)
        return self

    def abort(self) -> Self:
        """Break the connection in the middle of the response."""
        self._script.put(ConnectionResetError("scripted"))
        return self

    def chunks(self) -> Iterator[bytes]:
        deadline = time.monotonic() + RUN_SECONDS
        try:
            yield b": open\n\n"
            while time.monotonic() < deadline:
                try:
                    item = self._script.get(timeout=self._probe_seconds)
                except queue.Empty:
                    yield b": probe\n\n"
                    continue
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.client_gone.set()


class ScriptedApi:
    """The server; a context manager that ends with every open run."""

    def __init__(
        self, on_run: Callable[[ScriptedRun], object] | None = None, probe_seconds: float = PROBE_SECONDS
    ) -> None:
        self._probe_seconds = probe_seconds
        self.models: dict[str, Any] = {"models": [{"name": "scripted"}], "default": "scripted"}
        self.runs: queue.Queue[ScriptedRun] = queue.Queue()
        self.refusals: queue.Queue[Response] = queue.Queue()
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self._all_runs: list[ScriptedRun] = []
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
        for run in self._all_runs:
            run.abort()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(WAIT_SECONDS)

    def next_run(self) -> ScriptedRun:
        """Return the next run that was asked for, waiting for it."""
        return self.runs.get(timeout=WAIT_SECONDS)

    def refuse(self, status: int, body: object, **headers: str) -> None:
        """Answer the next request with an error, whatever it is."""
        content = body if isinstance(body, str) else json.dumps(body)
        mimetype = "text/html" if isinstance(body, str) else "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.refusals.put(Response(content, status, named, mimetype=mimetype))

    def _create_app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def refuse() -> Response | None:
            self.requests.append((request.method, request.path, dict(request.headers)))
            return None if self.refusals.empty() else self.refusals.get()

        @app.get("/health")
        def health() -> Response:
            return Response("ok", mimetype="text/plain")

        @app.get("/models")
        def models() -> Response:
            return jsonify(self.models)

        @app.post("/stream")
        def stream() -> Response:
            run = ScriptedRun(request.get_json(), dict(request.headers), self._probe_seconds)
            self._all_runs.append(run)
            self.runs.put(run)
            if self._on_run:
                threading.Thread(target=self._on_run, args=(run,), daemon=True).start()
            return Response(run.chunks(), mimetype="text/event-stream")

        return app


class QuietHandler(WSGIRequestHandler):
    """HTTP/1.1, so that streams are chunked, and no log."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        pass
