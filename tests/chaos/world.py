"""The processes under chaos: nodes, their database and their provider, and what breaks them."""

import contextlib
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from api.store.engine import make_engine
from api.store.migration import migrate
from tests.support.postgres import PostgresCluster, run_cluster
from tests.support.processes import BIN, WAIT_SECONDS, Server, clean_environment, free_port, wait_for
from tests.support.provider.client import ScriptedProvider

SETTINGS = {
    "DRAIN_SECONDS": 1,
    "FIRST_TOKEN_SECONDS": 25,
    "STALL_SECONDS": 5,
    "HEARTBEAT_SECONDS": 1,
    "LOG_LEVEL": "warning",
}
COMMAND = [str(BIN / "gunicorn"), "-c", "api/gunicorn.conf.py", "api:create_app()"]
COMING_BACK_SECONDS = 1.0
TROUBLE = ("Traceback", "Recording runs failed", "A tick failed", "cannot be stored")


class Node:
    """One gunicorn, which comes back on its port."""

    def __init__(self, folder: Path, settings: dict[str, object]) -> None:
        self._folder = folder
        self._port = free_port()
        self._environment = clean_environment(**settings, PORT=self._port)
        self.url = f"http://127.0.0.1:{self._port}"
        self.log = folder / f"api-{self._port}.log"
        self.orphans = 0
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._server = Server(COMMAND, self._environment, self._port, self.log)
        self._server.wait_until_healthy()

    def workers(self) -> list[psutil.Process]:
        """List the processes that serve."""
        return psutil.Process(self._server.process.pid).children()

    def stop(self) -> None:
        """End it as a platform does; what outlives it is an orphan."""
        workers = self.workers()
        self._server.process.send_signal(signal.SIGTERM)
        self._server.process.wait(WAIT_SECONDS)
        _, alive = psutil.wait_procs(workers, timeout=WAIT_SECONDS)
        self.orphans += len(alive)
        self._server.stop()


@dataclass
class World:
    """What a chaos run breaks; `kills` are when workers were killed, `outages` when the database was away."""

    provider: ScriptedProvider
    nodes: list[Node]
    folder: Path
    cluster: PostgresCluster | None
    database_url: str
    kills: list[float] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def urls(self) -> list[str]:
        """The addresses of the nodes."""
        return [node.url for node in self.nodes]

    def break_something(self, kind: str, draw: random.Random) -> None:
        """Do what the kind of a cut says; one at a time."""
        with self.turn:
            if kind == "worker killed":
                self._kill_worker(draw)
            elif kind == "server restarted":
                node = draw.choice(self.nodes)
                node.stop()
                node.start()
            else:
                began_at = time.monotonic()
                self._stop_database(draw)
                self.outages.append((began_at, time.monotonic()))

    def seconds_without_database(self, since: float, until: float) -> float:
        """Say for how much of a time the database was away or has just come back."""
        return sum(
            max(0.0, min(until, ended_at + COMING_BACK_SECONDS) - max(since, began_at))
            for began_at, ended_at in self.outages
        )

    def trouble(self) -> list[str]:
        """List what the servers complained of and should not have to."""
        return [
            f"{node.log.name}: {line}"
            for node in self.nodes
            for line in node.log.read_text(encoding="utf-8", errors="replace").splitlines()
            if any(word in line for word in TROUBLE)
        ]

    def _kill_worker(self, draw: random.Random) -> None:
        node = draw.choice(self.nodes)
        workers = wait_for(node.workers, what="a worker")
        victim = draw.choice(sorted(workers, key=lambda process: process.pid))
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()
        self.kills.append(time.monotonic())
        wait_for(lambda: victim.pid not in [worker.pid for worker in node.workers()], what="a new worker")

    def _stop_database(self, draw: random.Random) -> None:
        """Restart Postgres; lock SQLite."""
        if self.cluster is not None:
            self.cluster.stop()
            threading.Event().wait(draw.uniform(0, 3))
            self.cluster.start()
            return
        connection = sqlite3.connect(self.folder / "decant.db", timeout=WAIT_SECONDS, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        threading.Event().wait(draw.uniform(0.5, 4))
        connection.execute("ROLLBACK")
        connection.close()


@contextlib.contextmanager
def running_world(folder: Path, database: str, worker_class: str, models: int, **more: object) -> Iterator[World]:
    """Run two workers over SQLite, or two nodes over Postgres, with more settings."""
    with ExitStack() as stack:
        provider = stack.enter_context(ScriptedProvider())
        cluster = stack.enter_context(run_cluster()) if database == "postgres" else None
        url = cluster.url if cluster else f"sqlite:///{folder}/decant.db"
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        settings = {
            **SETTINGS,
            "OPENAI_BASE_URL": provider.base_url,
            "LLM_MODEL": ",".join(f"m{number}" for number in range(models)),
            "DATABASE_URL": url,
            "WORKER_CLASS": worker_class,
            "WEB_CONCURRENCY": 1 if cluster else 2,
            **more,
        }
        nodes: list[Node] = []
        try:
            nodes.extend(Node(folder, settings) for _ in range(2 if cluster else 1))
            yield World(provider, nodes, folder, cluster, url)
        finally:
            for node in nodes:
                node.stop()
