"""The laboratory of the API's benchmarks: one provider, the servers under comparison, and loads against them.

Servers start when they are first needed and stay, idle, while others are measured; so rounds can alternate. What a
load reports is marked invalid where the provider or the load generator had no processor time left.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tests.bench.api.servers import (
    BenchProvider,
    Pins,
    Starts,
    Target,
    decant,
    flask_stream,
    nginx,
    nginx_binary,
    nothing,
    seed,
)
from tests.bench.load import Plan
from tests.bench.options import Options
from tests.support.processes import ROOT, WAIT_SECONDS
from tests.support.tool_api import SERVER

SSE = "text/event-stream"
TEXT = "text/plain"
BUSY_SHARE = 0.9
TOOL_SERVERS = json.dumps({"mcpServers": {"scripted": {**SERVER, "policy": "always"}}})


@dataclass(frozen=True)
class Subject:
    """What a row is about: a server, and the shape that is asked of it."""

    name: str
    server: str
    accept: str = TEXT


SERVERS: dict[str, Starts] = {
    "decant-gevent": decant("gevent"),
    "decant-gthread": decant("gthread"),
    "decant-gevent-tools": decant("gevent", MCP_SERVERS=TOOL_SERVERS, NOTE="/dev/null"),
    "decant-gthread-tools": decant("gthread", MCP_SERVERS=TOOL_SERVERS, NOTE="/dev/null"),
    "seed": seed,
    "flask-gevent": flask_stream("gevent"),
    "flask-gthread": flask_stream("gthread"),
    "nginx": nginx,
    "nothing": nothing,
}

NOTHING = Subject("nothing: provider called directly", "nothing")
NGINX = Subject("nginx, bare proxy", "nginx")
GEVENT_SSE = Subject("Decant, gevent, SSE", "decant-gevent", SSE)
GEVENT_TEXT = Subject("Decant, gevent, text", "decant-gevent")
GTHREAD_SSE = Subject("Decant, gthread, SSE", "decant-gthread", SSE)
GEVENT_TOOLS = Subject("Decant, gevent, with tools", "decant-gevent-tools", SSE)
GTHREAD_TOOLS = Subject("Decant, gthread, with tools", "decant-gthread-tools", SSE)
GTHREAD_TEXT = Subject("Decant, gthread, text", "decant-gthread")
SEED = Subject("seed: FastAPI, astream, uvicorn", "seed")
FLASK_GEVENT = Subject("Flask, ChatOpenAI.stream, gevent", "flask-gevent")
FLASK_GTHREAD = Subject("Flask, ChatOpenAI.stream, gthread", "flask-gthread")
DECANT = (GEVENT_SSE, GEVENT_TEXT, GTHREAD_SSE, GTHREAD_TEXT)
BASELINES = (SEED, FLASK_GEVENT, FLASK_GTHREAD, NGINX)


class Lab:
    """Servers by name, and loads; a context that ends them all."""

    def __init__(self, options: Options, folder: Path, servers: Mapping[str, Starts] | None = None) -> None:
        self.options = options
        self._servers = SERVERS if servers is None else servers
        self._folder = folder
        self._open = contextlib.ExitStack()
        self._targets: dict[str, Target] = {}
        self._provider: BenchProvider | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def provider(self) -> BenchProvider:
        """The provider of all servers."""
        if self._provider is None:
            with Pins.on(self.options.pins.load):
                self._provider = BenchProvider()
            self._open.callback(self._provider.stop)
        return self._provider

    def present(self, *subjects: Subject) -> list[Subject]:
        """Leave out what this machine lacks, and say so."""
        if any(subject.server == "nginx" for subject in subjects) and nginx_binary() is None:
            print("nginx is left out: it is not installed")
            return [subject for subject in subjects if subject.server != "nginx"]
        return list(subjects)

    def target(self, subject: Subject) -> Target:
        """Return the subject's server, started when it is first asked for."""
        if subject.server not in self._targets:
            self._targets[subject.server] = self._open.enter_context(self.fresh(subject))
        return self._targets[subject.server]

    @contextlib.contextmanager
    def fresh(self, subject: Subject) -> Iterator[Target]:
        """Run a server of its own for the subject."""
        running = self._servers[subject.server](self.provider, self._folder)
        with Pins.on(self.options.pins.server):
            target = running.__enter__()
        with contextlib.ExitStack() as stack:
            stack.push(running.__exit__)
            yield target

    def load(self, subject: Subject, target: Target | None = None, **plan: Any) -> dict[str, Any]:
        """Put a load on the subject's server and return what the generator saw."""
        with self.loading(subject, target, **plan) as finish:
            return finish()

    @contextlib.contextmanager
    def loading(
        self, subject: Subject, target: Target | None = None, **plan: Any
    ) -> Iterator[Callable[[], dict[str, Any]]]:
        """Put a load on the server and go on; what is yielded waits for its end."""
        target = target or self.target(subject)
        watched = {"server": target.pids, "provider": [self.provider.pid]}
        filled = Plan(
            port=target.port,
            path=target.path,
            accept=subject.accept,
            headers=target.headers,
            watched=watched,
            **plan,
        )
        with Pins.on(self.options.pins.load):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.load"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )

        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(asdict(filled)).encode())
            process.stdin.close()
            process.stdin = None
            yield lambda: self._read(process, filled)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _read(self, process: subprocess.Popen[bytes], plan: Plan) -> dict[str, Any]:
        limit = plan.ramp_seconds + plan.window_seconds + WAIT_SECONDS + plan.answers * 0.05
        output, _ = process.communicate(timeout=limit)
        seen: dict[str, Any] = json.loads(output)
        seen["is_valid"] = self._is_valid(seen)
        return seen

    def _is_valid(self, seen: dict[str, Any]) -> bool:
        shares = [seen["cpu"][name] / seen["seconds"] for name in ("provider", "load")]
        return (sum(shares) if self.options.pins.load else max(shares)) < BUSY_SHARE

    def alternate(
        self, subjects: list[Subject], measure: Callable[[Subject], dict[str, Any]]
    ) -> dict[Subject, list[dict[str, Any]]]:
        """Measure each subject once per round, in turn, so that what disturbs the machine disturbs all alike."""
        for subject in subjects:
            self.target(subject)
        seen: dict[Subject, list[dict[str, Any]]] = {subject: [] for subject in subjects}
        for _ in range(self.options.rounds):
            for subject in subjects:
                seen[subject].append(measure(subject))
        return seen

    def cold_start(self, subject: Subject) -> float:
        """Return the seconds from starting the server's process to its first answer."""
        began_at = time.monotonic()
        with self.fresh(subject) as target:
            return target.healthy_at - began_at
