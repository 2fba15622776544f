"""The servers that are compared: Decant under both worker classes, the baselines, nginx, and nothing in between."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.measured import tree
from tests.support.processes import BIN, ROOT, WAIT_SECONDS, Server, clean_environment, free_port, running_api

BASELINES = Path(__file__).parent / "baselines"
MAX_STREAMS = 2000


@dataclass(frozen=True)
class Target:
    """A server under load: where it is, and its processes."""

    port: int
    pids: tuple[int, ...]
    path: str = "/stream"
    healthy_at: float = 0.0  # by the monotonic clock
    headers: Mapping[str, str] = field(default_factory=dict)  # that its requests need

    @property
    def worker(self) -> int:
        """The process that streams: the last one started."""
        return self.pids[-1]


@dataclass(frozen=True)
class Pins:
    """The cores of what is measured and of what measures; empty means wherever the system likes."""

    server: frozenset[int] = frozenset()
    load: frozenset[int] = frozenset()

    @staticmethod
    @contextlib.contextmanager
    def on(cores: frozenset[int]) -> Iterator[None]:
        """Start processes inside this and they stay on these cores."""
        before = os.sched_getaffinity(0)
        if cores:
            os.sched_setaffinity(0, cores)
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)


class BenchProvider:
    """The lean provider's process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.provider"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], WAIT_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self.stop()
            raise RuntimeError("the provider did not start")
        self.pid = self._process.pid
        self.port = int(line)

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


Starts = Callable[[BenchProvider, Path], AbstractContextManager[Target]]


def decant(worker_class: str, **settings: object) -> Starts:
    """Run Decant with one worker."""

    @contextlib.contextmanager
    def run(provider: BenchProvider, folder: Path) -> Iterator[Target]:
        chosen = {"WORKER_CLASS": worker_class, "MAX_STREAMS": MAX_STREAMS} | provider_settings(provider) | settings
        with running_api(folder, **chosen) as server:
            yield _target(server)

    return run


@contextlib.contextmanager
def seed(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Run the article's design."""
    command = "uvicorn --factory tests.bench.api.baselines.seed:create_app --log-level warning --port {port}"
    with _running(command, provider, folder) as target:
        yield target


def flask_stream(worker_class: str) -> Starts:
    """Run `ChatOpenAI.stream` in Flask."""

    @contextlib.contextmanager
    def run(provider: BenchProvider, folder: Path) -> Iterator[Target]:
        command = (
            f"gunicorn tests.bench.api.baselines.flask_stream:create_app() -k {worker_class} --threads {MAX_STREAMS} "
            f"--worker-connections {2 * MAX_STREAMS} --bind 127.0.0.1:{{port}} --no-control-socket --log-level warning"
        )
        with _running(command, provider, folder) as target:
            yield target

    return run


@contextlib.contextmanager
def nginx(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Run nginx as a bare proxy."""
    binary = nginx_binary()
    assert binary is not None
    port = free_port()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        configuration = (BASELINES / "nginx.conf").read_text(encoding="utf-8")
        filled = {
            "FOLDER": place,
            "UPSTREAM": provider.port,
            "PORT": port,
            "USER": "user root;" if os.getuid() == 0 else "",
        }
        for name, value in filled.items():
            configuration = configuration.replace(name, str(value))
        path = Path(place, "nginx.conf")
        path.write_text(configuration, encoding="utf-8")
        server = Server(
            [binary, "-p", place, "-e", "stderr", "-c", str(path)], clean_environment(), port, folder / "nginx.log"
        )
        try:
            server.wait_until_healthy()
            yield _target(server)
        finally:
            server.stop()


@contextlib.contextmanager
def nothing(provider: BenchProvider, folder: Path) -> Iterator[Target]:
    """Put nothing in between: the load goes to the provider."""
    yield Target(provider.port, (), "/v1/chat/completions")


def nginx_binary() -> str | None:
    """Find nginx, if it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def provider_settings(provider: BenchProvider) -> dict[str, str]:
    """Name the provider in the words of the environment."""
    return {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{provider.port}/v1",
        "OPENAI_API_KEY": "sk-bench-0123456789",
        "LLM_MODEL": "bench",
    }


@contextlib.contextmanager
def _running(command: str, provider: BenchProvider, folder: Path) -> Iterator[Target]:
    port = free_port()
    program, *arguments = command.format(port=port).split()
    environment = clean_environment(**provider_settings(provider), PYTHONPATH=ROOT)
    server = Server([str(BIN / program), *arguments], environment, port, folder / f"baseline-{port}.log")
    try:
        server.wait_until_healthy()
        yield _target(server)
    finally:
        server.stop()


def _target(server: Server) -> Target:
    port = int(server.url.rsplit(":", 1)[1])
    return Target(port, tuple(tree(server.process.pid)), healthy_at=server.healthy_at)
