"""Structured logs: one JSON line per request and per run, never a key, never the text of a message.

Every response carries `X-Request-Id`: the client's own where it is sane, else a new one.
"""

import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Flask, Response, g, request

from api.events import RunFailed, RunInterrupted
from api.runs.gateway_run import GatewayRun
from api.runs.run import Run

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

logger = logging.getLogger("decant")


def register(app: Flask, level: int) -> None:
    """Log this application's requests; send the root logger to standard error as JSON."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers):
        output = logging.StreamHandler(sys.stderr)
        output.setFormatter(JsonFormatter())
        root.addHandler(output)
    root.setLevel(max(level, logging.WARNING))
    for name in ("decant", "api"):
        logging.getLogger(name).setLevel(level)
    app.before_request(_begin)
    app.after_request(_finish)


class JsonFormatter(logging.Formatter):
    """A record as one line: time, level, event, the fields given as `extra={"fields": …}`, and a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Encode the record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def log_run(run: Run | GatewayRun) -> None:
    """Log the end of a run."""
    terminal, usage = run.terminal, run.usage
    if terminal is None or usage is None or run.sealed_at is None:
        return
    begun = run.first_content_at
    fields = {
        "run_id": run.run_id,
        "request_id": run.request_id,
        "model": run.request.model,
        "outcome": terminal.type,
        "first_token_ms": _milliseconds(begun - run.started_at) if begun else None,
        "duration_ms": _milliseconds(run.sealed_at - run.started_at),
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "estimated": usage.estimated,
        "not_understood": run.not_understood,
    }
    if isinstance(terminal, RunFailed | RunInterrupted):
        fields |= {"code": terminal.code, "message": terminal.message}
    logger.info("run", extra={"fields": fields})


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
    g.began_at = time.monotonic()


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    fields = {
        "request_id": g.request_id,
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "client": request.remote_addr,
    }
    began_at = g.began_at

    def log() -> None:
        level = logging.DEBUG if fields["path"] == "/health" else logging.INFO
        duration = _milliseconds(time.monotonic() - began_at)
        logger.log(level, "request", extra={"fields": {**fields, "duration_ms": duration}})

    response.call_on_close(log)
    return response


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
