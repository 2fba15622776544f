"""How soon a Stop and a crash are noticed: `python -m tests.bench.runs.latency` on both databases.

Cancels go to another server than the run's, within the answer and before its first token: the time is from the request
to the moment the provider sees its connection close. The crash is SIGKILL: the time is from it to the last of the runs
being `interrupted` for the other server.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from api.store.engine import make_engine
from api.store.migration import migrate
from tests.bench.load import percentile
from tests.support.postgres import run_cluster
from tests.support.processes import running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.thread_api import SETTINGS, ThreadApi, lines_of

SPEAKING = Scenario(text="x" * 4000, chunks_per_second=20)
SILENT = Scenario(held_after_chunks=0)


def main() -> None:
    """Measure and print a row for each database and worker class."""
    parser = argparse.ArgumentParser(prog="tests.bench.runs.latency", description=__doc__)
    parser.add_argument("--cancels", type=int, default=100, help="of each kind")
    parser.add_argument("--orphans", type=int, default=20)
    arguments = parser.parse_args()
    print("| database, worker | cancel within, p50 / p99 | before first token, p50 / p99 | kill -9 to interrupted |")
    print("|---|---|---|---|")
    for database, worker_class in (("sqlite", "gevent"), ("postgres", "gevent"), ("sqlite", "gthread")):
        with tempfile.TemporaryDirectory(prefix="decant-bench-") as folder:
            print(_row(Path(folder), database, worker_class, arguments.cancels, arguments.orphans), flush=True)


def _row(folder: Path, database: str, worker_class: str, cancels: int, orphans: int) -> str:
    with ExitStack() as stack:
        provider = stack.enter_context(ScriptedProvider())
        url = stack.enter_context(run_cluster()).url if database == "postgres" else f"sqlite:///{folder}/decant.db"
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        settings = {**SETTINGS, "FIRST_TOKEN_SECONDS": 90, "OPENAI_BASE_URL": provider.base_url, "DATABASE_URL": url}
        settings["LLM_MODEL"] = ",".join(f"m{number}" for number in range(2 * cancels + orphans))
        nodes = [stack.enter_context(running_api(folder, WORKER_CLASS=worker_class, **settings)) for _ in range(2)]
        thread_api = ThreadApi(nodes[0], nodes[1], provider)
        within, before = ([_cancel(thread_api, kind) for _ in range(cancels)] for kind in (SPEAKING, SILENT))
        killed = _kill(thread_api, orphans)
    return f"| {database}, {worker_class} | {_told(within)} | {_told(before)} | {killed:.1f} s |"


def _cancel(thread_api: ThreadApi, scenario: Scenario) -> float:
    model = thread_api.script(scenario)
    response = thread_api.start(thread_api.create_thread(), content="q", model=model)
    wait_for(lambda: len(thread_api.call(model).chunks_sent_at) > 3 or scenario is SILENT)
    asked_at = time.monotonic()
    thread_api.ask("POST", f"/runs/{response.headers['X-Run-Id']}/cancel", at=thread_api.other)
    closed_at = wait_for(lambda: thread_api.call(model).client_closed_at)
    response.close()
    return closed_at - asked_at


def _kill(thread_api: ThreadApi, count: int) -> float:
    run_ids = []
    for _ in range(count):
        response = thread_api.start(thread_api.create_thread(), content="q", model=thread_api.script(SPEAKING))
        next(lines_of(response))
        run_ids.append(response.headers["X-Run-Id"])
    for worker in psutil.Process(thread_api.server.process.pid).children():
        worker.kill()
    killed_at = time.monotonic()
    for run_id in run_ids:
        assert thread_api.ended(run_id, 60)["status"] == "interrupted"
    return time.monotonic() - killed_at


def _told(seconds: Sequence[float]) -> str:
    half, most = (percentile(seconds, share) or 0.0 for share in (0.5, 0.99))
    return f"{half * 1000:.0f} / {most * 1000:.0f} ms"


if __name__ == "__main__":
    main()
