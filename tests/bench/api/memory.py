"""Memory of a worker, idle, per stream and after many runs; and how long a worker takes to start."""

import time
from typing import Any

from tests.bench.api.lab import FLASK_GEVENT, FLASK_GTHREAD, GEVENT_SSE, GTHREAD_SSE, NGINX, SEED, Lab
from tests.bench.measured import Memory, memory
from tests.bench.report import Table, median

MIB = 1024 * 1024


def per_stream(lab: Lab) -> Table:
    """A fresh worker, before and with streams."""
    streams = 50 if lab.options.is_quick else 200
    table = Table(
        "api_memory_stream",
        f"Memory of a worker: idle after a first answer, and per active stream (of {streams})",
        "PSS counts shared pages by share: the arbiter shares what was loaded before the fork.",
    )
    subjects = (
        [GEVENT_SSE]
        if lab.options.is_quick
        else lab.present(GEVENT_SSE, GTHREAD_SSE, SEED, FLASK_GEVENT, FLASK_GTHREAD, NGINX)
    )
    for subject in subjects:
        with lab.fresh(subject) as target:
            lab.load(subject, target, streams=1, chunks=5, rate=0, answers=5)
            idle = memory(target.worker)
            ramp = 1.0 + streams / 100
            plan = {"streams": streams, "chunks": 1000, "rate": 5, "ramp_seconds": ramp, "window_seconds": 3.0}
            with lab.loading(subject, target, is_staggered=False, **plan) as finish:
                time.sleep(ramp + 1.5)
                active = memory(target.worker)
                failures = finish()["failures"]
        row = {"server": subject.name, **_mebibytes(idle, "idle"), "active PSS MB": active.pss / MIB}
        row["KB per stream"] = (active.uss - idle.uss) / streams / 1024
        table.rows.append({**row, "failures": failures})
    return table


def after_many_runs(lab: Lab) -> Table:
    """Whether a worker keeps anything of the runs it has done."""
    runs = 500 if lab.options.is_quick else 10_000
    warm = 300 if lab.options.is_quick else 5000
    table = Table(
        "api_memory_runs",
        f"Memory of a worker after {runs:,} more runs",
        f"From after {warm:,} runs; flat is within 5 %.",
    )
    for subject in [GEVENT_SSE] if lab.options.is_quick else [GEVENT_SSE, GTHREAD_SSE]:
        with lab.fresh(subject) as target:
            plan: dict[str, Any] = {"streams": 20, "chunks": 20, "rate": 0}
            lab.load(subject, target, answers=warm, **plan)
            before = memory(target.worker)
            seen = lab.load(subject, target, answers=runs, **plan)
            after = memory(target.worker)
        row = {"server": subject.name, **_mebibytes(before, "before"), **_mebibytes(after, "after")}
        row |= {"after ÷ before": after.rss / before.rss, "runs/s": seen["answers"] / seen["seconds"]}
        table.rows.append({**row, "runs": seen["answers"], "failures": seen["failures"]})
    return table


def cold_start(lab: Lab) -> Table:
    """From starting the process to its first answer."""
    table = Table("api_cold_start", "Cold start: from exec to the first GET /health answered")
    subjects = [GEVENT_SSE] if lab.options.is_quick else lab.present(GEVENT_SSE, GTHREAD_SSE, SEED, FLASK_GEVENT, NGINX)
    seconds: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    for _ in range(1 if lab.options.is_quick else max(3, lab.options.rounds)):
        for subject in subjects:
            seconds[subject.name].append(lab.cold_start(subject))
    for name, measured in seconds.items():
        table.rows.append({"server": name, "seconds": median(measured), "least": min(measured), "most": max(measured)})
    return table


def _mebibytes(measured: Memory, when: str) -> dict[str, float]:
    return {f"{when} RSS MB": measured.rss / MIB, f"{when} PSS MB": measured.pss / MIB}
