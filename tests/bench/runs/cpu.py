"""What the log costs: the CPU of stored runs over that of the same streams on `POST /stream`, two workers.

    python -m tests.bench.runs.cpu --streams 400 --database sqlite

Each round measures both, one after the other; the ratio is of CPU seconds per chunk, the servers' alone.
"""

import argparse
import gc
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from api.store import LOCAL_ACCOUNT_ID, open_store
from api.store.engine import make_engine
from api.store.migration import migrate
from tests.bench.api.servers import BenchProvider, provider_settings
from tests.bench.load import Load, Plan, Seen
from tests.bench.measured import tree
from tests.support.postgres import run_cluster
from tests.support.processes import running_api

RATE = 20.0


class ThreadLoad(Load):
    """Asks for a run in a new thread each time."""

    def __init__(self, plan: Plan, thread_ids: Iterator[str]) -> None:
        super().__init__(plan)
        self._thread_ids = thread_ids

    def request(self, chunks: int, place: int) -> bytes:
        """Build the request for so many chunks."""
        content = json.dumps({"chunks": chunks, "rate": self.plan.rate, "chars": self.plan.chars})
        body = json.dumps({"content": content}).encode()
        return (
            f"POST /threads/{next(self._thread_ids)}/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def main() -> None:
    """Measure and print one line a round."""
    parser = argparse.ArgumentParser(prog="tests.bench.runs.cpu", description=__doc__)
    parser.add_argument("--streams", type=int, default=400)
    parser.add_argument("--chunks", type=int, default=200, help="of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--worker-class", choices=("gevent", "gthread"), default="gevent")
    arguments = parser.parse_args()
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="decant-bench-") as folder, ExitStack() as stack:
        is_postgres = arguments.database == "postgres"
        url = stack.enter_context(run_cluster()).url if is_postgres else f"sqlite:///{folder}/decant.db"
        ratios = measure(arguments, Path(folder), url)
    print(f"ratio, median of {arguments.rounds}: {statistics.median(ratios):.2f}")


def measure(arguments: argparse.Namespace, folder: Path, url: str) -> list[float]:
    """Run the rounds; return their ratios."""
    engine = make_engine(url)
    migrate(engine)
    store = open_store(engine)
    provider = BenchProvider()
    ratios = []
    try:
        for _ in range(arguments.rounds):
            threads = [store.threads.create(LOCAL_ACCOUNT_ID).thread_id for _ in range(6 * arguments.streams)]
            bare = _seen(arguments, folder, url, provider, Load)
            stored = _seen(arguments, folder, url, provider, partial(ThreadLoad, thread_ids=iter(threads)))
            ratios.append(_micros(stored) / _micros(bare))
            print(_line("POST /stream", bare), _line("stored", stored), f"ratio {ratios[-1]:.2f}", sep="; ", flush=True)
    finally:
        provider.stop()
        engine.dispose()
    return ratios


def _seen(
    arguments: argparse.Namespace, folder: Path, url: str, provider: BenchProvider, load_of: Callable[[Plan], Load]
) -> Seen:
    """Load servers of its own: stored runs go on when their readers leave, and would count in the next measurement."""
    chosen = {"WORKER_CLASS": arguments.worker_class, "MAX_STREAMS": arguments.streams, "WEB_CONCURRENCY": 2}
    settings = {**chosen, "DATABASE_URL": url, "LOG_LEVEL": "warning", **provider_settings(provider)}
    with running_api(folder, **settings) as api:
        plan = Plan(
            port=int(api.url.rpartition(":")[2]),
            accept="text/event-stream",
            streams=arguments.streams,
            chunks=arguments.chunks,
            rate=RATE,
            ramp_seconds=6.0,
            window_seconds=arguments.seconds,
            watched={"server": tree(api.process.pid)},
        )
        gc.collect()  # Closes the streams of the last measurement.
        return load_of(plan).run()


def _line(name: str, seen: Seen) -> str:
    pace = seen.chunks / seen.seconds
    return (
        f"{name} {_micros(seen):.0f} µs/chunk at {pace:.0f} chunks/s, {seen.failures} of {seen.answers} answers failed"
    )


def _micros(seen: Seen) -> float:
    return seen.cpu["server"] / max(1, seen.chunks) * 1e6


if __name__ == "__main__":
    main()
