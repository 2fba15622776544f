"""The process of the page: settings, the shared parts, the pages, and the server; run with `python -m ui.main`."""

import contextlib
import gc
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from nicegui import app, ui
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ui import logs, theme
from ui.auth import LoginSessions, Password
from ui.client.api_client import ApiClient
from ui.client.api_watch import ApiWatch
from ui.client.backend import Backend
from ui.client.run_reader import StreamExecutor
from ui.config import Config, load_config
from ui.errors import ConfigError
from ui.pages import chat, login, remote_image, sockets, thread_files
from ui.proxies import TrustedProxies
from ui.security import OPEN_PATHS, OriginGate, PasswordGate, SecurityHeaders
from ui.theme.skeleton import skeleton
from ui.theme.stylesheet import read_look

RECONNECT_TIMEOUT_SECONDS = 30
# Longer than the 90 s a platform's router keeps idle connections open.
KEEP_ALIVE_SECONDS = 95
SHUTDOWN_SECONDS = 3
CALL_THREADS = 16


def main() -> None:
    """Serve the page until a signal ends it."""
    try:
        config = load_config()
        listener = bind(config.host, config.port)
    except ConfigError as exc:
        sys.exit(f"The page does not start. {exc}")
    logs.set_up(config.log_level)
    build(config)
    app.on_startup(freeze_heap)
    app.on_startup(lambda: _say(f"{config.title} is at {address_of(listener)}"))
    with contextlib.suppress(KeyboardInterrupt):
        serve(config, listener)


def build(config: Config) -> None:
    """Wire the shared parts and register everything the process answers."""
    client = ApiClient(config.api_url, config.api_token)
    executor = StreamExecutor(config.max_streams)
    look = read_look()
    ui.add_head_html(look.head, shared=True)
    ui.add_body_html(skeleton(config.title), shared=True)
    app.get(look.path)(look.response)
    calls = ThreadPoolExecutor(CALL_THREADS, thread_name_prefix="api-call")
    backend = Backend(client, ApiWatch(client), executor, calls, time.monotonic, time.time)
    sockets.guard()
    chat.register(config, backend, look)
    thread_files.register(backend)
    remote_image.register()
    if config.password:
        password = Password(config.password)
        sessions = LoginSessions(config.storage_secret, password)
        login.register(config, look, password, sessions, time.monotonic)
        app.add_middleware(PasswordGate, accepts=sessions.accepts, open_paths=OPEN_PATHS | {look.path})
    app.add_middleware(OriginGate, is_local=config.is_local)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrustedProxies, trusted=config.forwarded_allow_ips)
    app.get("/health")(lambda: PlainTextResponse("ok"))
    app.add_exception_handler(404, _say_not_found)
    app.on_shutdown(executor.close)
    app.on_shutdown(lambda: calls.shutdown(wait=False, cancel_futures=True))
    app.on_shutdown(client.close)


def freeze_heap() -> None:
    """Leave what is loaded out of every later collection of garbage, which keeps all pages waiting.

    95,000 objects, 34 to 47 ms of each full collection; `tests/e2e/test_page_holds.py` watches what is left.
    """
    gc.collect()
    gc.freeze()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _say_not_found(_: Request, __: Exception) -> Response:
    return PlainTextResponse("There is no such page.", 404)


def serve(config: Config, listener: socket.socket) -> None:
    """Run the server on the bound socket; one process, whatever WEB_CONCURRENCY says."""
    ui.run(
        fd=listener.fileno(),
        host=config.host,
        port=listener.getsockname()[1],
        workers=1,
        title=config.title,
        favicon=theme.FAVICON,
        dark=None,
        tailwind=False,
        language="en-US",
        reload=False,
        show=False,
        show_welcome_message=False,
        reconnect_timeout=RECONNECT_TIMEOUT_SECONDS,
        uvicorn_logging_level="warning",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
        proxy_headers=False,  # ui/proxies.py
        root_path=config.root_path,
    )


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; `::` takes IPv4 too.

    Raises:
        ConfigError: the address cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        if host == "::":
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise ConfigError(f"BIND_HOST {host} with port {port} (UI_PORT or PORT) cannot be used: {reason}.") from exc


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


if __name__ == "__main__":
    main()
