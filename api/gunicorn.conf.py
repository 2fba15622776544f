"""gunicorn's configuration: `gunicorn -c api/gunicorn.conf.py 'api:create_app()'`.

Under gevent everything is patched before anything of the API is imported; so this one setting is read here. Never the
`sync` class: it streams one answer per worker and is killed at its timeout.
"""

import os

from dotenv import dotenv_values

if str({**dotenv_values(".env"), **os.environ}.get("WORKER_CLASS", "gevent")).strip().lower() != "gthread":
    from gevent import monkey

    monkey.patch_all()

import gc
import logging
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from api.config import check_bind, load_config
from api.environment import ConfigError
from api.gunicorn_http import install, worker_class_of
from api.heap import start_trimming
from api.tools.hub import CLOSE_SECONDS
from api.tools.servers import load_servers

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

try:
    settings = load_config()
    servers = load_servers(settings)
except ConfigError as error:
    sys.exit(f"decant api: {error}")

install(settings)

SPARE_CONNECTIONS = 200
SPARE_THREADS = 32


def _reachable_host(host: str) -> str:
    """Turn `::` into `0.0.0.0` where the machine has no IPv6."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
            trial.bind((host, 0))
    except OSError:
        return "0.0.0.0" if host == "::" else host
    return f"[{host}]" if ":" in host else host


bind = f"{_reachable_host(settings.bind_host)}:{settings.port}"
workers = settings.workers
worker_class = worker_class_of(settings)
threads = 2 * settings.max_streams + SPARE_THREADS
worker_connections = 2 * settings.max_streams + SPARE_CONNECTIONS
if settings.worker_class == "gthread":
    worker_connections += threads
timeout = 60
graceful_timeout = int(settings.drain_seconds) + 5 + (CLOSE_SECONDS if servers else 0)
keepalive = 100  # Heroku's router keeps connections for 90 s.
max_requests = 0
forwarded_allow_ips = settings.forwarded_allow_ips
control_socket_disable = True
accesslog = None
loglevel = "warning"
proc_name = "decant-api"


def on_starting(server: "Arbiter") -> None:
    """Refuse a public address without a token, also where `--bind` gave it."""
    for address in server.address:
        try:
            check_bind(settings, address[0] if isinstance(address, tuple) else str(address))
        except ConfigError as error:
            sys.exit(f"decant api: {error}")


def when_ready(server: "Arbiter") -> None:
    """Say where the API is."""
    where = ", ".join(str(listener) for listener in server.LISTENERS)
    print(f"decant api: {where} ({settings.worker_class}, {workers} worker{'s' if workers > 1 else ''})", flush=True)  # noqa: T201


def post_worker_init(worker: "Worker") -> None:
    """Let the runs see SIGTERM; keep the collector away from what lives as long as the worker.

    Longest gap between two chunks with 300 streams: 225 to 325 ms before `gc.freeze` and the wide thresholds, 66 to 71
    after (`python -m tests.bench api capacity`). Nothing that ends may be left to the collector, then.
    """
    runs = worker.wsgi.extensions["registry"]
    runs.is_stopping = lambda: not worker.alive
    worker.wsgi.extensions["recorder"].start()
    worker.wsgi.extensions["tools"].start()

    def let_go_when_idle() -> None:
        """End the drain once no run is left: connections kept alive would hold gevent's worker to the limit."""
        while worker.alive or len(runs):
            time.sleep(0.2)
        time.sleep(1.0)
        # Each idle connection is cut with a traceback, which says nothing.
        logging.getLogger("gunicorn.error").setLevel(logging.CRITICAL)
        worker.cfg.set("graceful_timeout", 0)

    if settings.worker_class == "gevent":
        threading.Thread(target=let_go_when_idle, name="drain", daemon=True).start()

    def warm_up() -> None:
        worker.wsgi.extensions["chat_model"].warm_up()
        gc.freeze()

    start_trimming()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()


def worker_exit(_server: "Arbiter", worker: "Worker") -> None:
    """Let runs that nobody reads go on until the drain limit, and their ends be stored; then end MCP servers."""
    if getattr(worker, "wsgi", None) is not None:  # It has started.
        worker.wsgi.extensions["registry"].wait_until_empty(settings.drain_seconds + 3)
        worker.wsgi.extensions["holding"].close()
        worker.wsgi.extensions["tools"].close()
