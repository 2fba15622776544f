"""Starts the product's real processes for a test, waits until they answer, and ends them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import requests

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

# How long anything may take on a busy machine. A wait ends with its cause, so that its bound costs nothing.
WAIT_SECONDS = 60.0

T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float = WAIT_SECONDS, what: str = "the condition") -> T:
    """Return the first true value of `condition`, asked every 20 ms; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        threading.Event().wait(0.02)


def kill_whole(api: "Server") -> None:
    """Kill gunicorn and its workers, as a machine does that runs out of memory."""
    os.killpg(api.process.pid, signal.SIGKILL)
    api.process.wait(WAIT_SECONDS)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def clean_environment(**settings: object) -> dict[str, str]:
    """Return an environment with these settings and none of the machine's own."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH", "TMPDIR") if name in os.environ}
    kept["PATH"] = f"{BIN}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PYTHONUNBUFFERED": "1", **{name: str(value) for name, value in settings.items()}}


class Server:
    """A process of ours that listens on `url`."""

    def __init__(self, command: list[str], environment: Mapping[str, str], port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self.healthy_at = 0.0
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_healthy(self) -> None:
        """Wait until `GET /health` answers."""

        def answers() -> bool:
            assert self.process.poll() is None, f"the process ended: {self.logged()}"
            with contextlib.suppress(requests.RequestException):
                return requests.get(f"{self.url}/health", timeout=5).ok
            return False

        wait_for(answers, what=f"{self.url}/health")
        self.healthy_at = time.monotonic()

    def wait_until_loaded(self) -> None:
        """Wait until a worker of the API has loaded what its first answer needs; whether a provider is there or not."""
        requests.get(f"{self.url}/ready", timeout=WAIT_SECONDS)

    def logged(self) -> str:
        """Return what the process has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = WAIT_SECONDS) -> int:
        """Send a signal, wait for the end and return the exit code; kill the whole group after `seconds`."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def running_api(folder: Path, app: str = "api:create_app()", **settings: object) -> Iterator[Server]:
    """Run the API under gunicorn; its provider and limits come from `settings`."""
    port = int(str(settings.get("PORT") or free_port()))
    environment = clean_environment(
        **{
            "PORT": port,
            "DRAIN_SECONDS": 1,
            "LLM_MODEL": "scripted",
            "DATABASE_URL": f"sqlite:///{folder}/decant.db",
            **settings,
        }
    )
    command = [str(BIN / "gunicorn"), "-c", "api/gunicorn.conf.py", app]
    server = Server(command, environment, port, folder / f"api-{port}.log")
    try:
        server.wait_until_healthy()
        server.wait_until_loaded()
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def running_ui(folder: Path, module: str = "ui.main", **settings: object) -> Iterator[Server]:
    """Run the page."""
    port = int(str(settings.get("UI_PORT") or free_port()))
    environment = clean_environment(**{"UI_PORT": port, **settings})
    server = Server([sys.executable, "-m", module], environment, port, folder / f"ui-{port}.log")
    try:
        server.wait_until_healthy()
        yield server
    finally:
        server.stop()
