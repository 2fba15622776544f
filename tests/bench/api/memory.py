"""Memory of a worker, idle, per stream and after many runs; and how long a worker takes to start."""

import time
from dataclasses import dataclass

import requests

from api.heap import TRIM_SECONDS
from tests.bench.api.lab import FLASK_GEVENT, FLASK_GTHREAD, GEVENT_SSE, GTHREAD_SSE, NGINX, SEED, Lab, Subject
from tests.bench.api.servers import Target
from tests.bench.measured import Memory, memory
from tests.bench.report import Cell, Table, median

MIB = 1024 * 1024
STREAMS = 10


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


@dataclass(frozen=True)
class Answers:
    """A kind of answer, and how many of it have to leave nothing behind."""

    name: str
    chars: int
    count: int


LONG = Answers("400 KB in 200 chunks", 2000, 2000)
SHORT = Answers("3 KB in 200 chunks", 16, 10_000)


def after_many_runs(lab: Lab) -> Table:
    """Whether a worker keeps anything of the runs it has done."""
    table = Table(
        "api_memory_runs",
        "Memory of a worker after many answers, over its memory after ten of them",
        "RSS at rest; ten answers at once throughout, 200 chunks each: what has to be freed is an answer with a log.",
    )
    for subject in [GEVENT_SSE] if lab.options.is_quick else [GEVENT_SSE, GTHREAD_SSE]:
        for answers in (LONG, SHORT):
            for is_stored in (False, True):
                table.rows.append(_after_answers(lab, subject, answers, is_stored=is_stored))
    return table


def _after_answers(lab: Lab, subject: Subject, answers: Answers, *, is_stored: bool) -> dict[str, Cell]:
    count = answers.count // 20 if lab.options.is_quick else answers.count
    with lab.fresh(subject) as target:
        thread_ids = [_new_thread(target) for _ in range(STREAMS)] if is_stored else []
        plan = {"streams": STREAMS, "chunks": 200, "chars": answers.chars, "rate": 0, "thread_ids": thread_ids}
        first = lab.load(subject, target, answers=10, **plan)
        before = _at_rest(target)
        seen = lab.load(subject, target, answers=count, **plan)
        after = _at_rest(target)
    return {
        "server": subject.name,
        "answers": f"{seen['answers']:,} of {answers.name}{', stored' if is_stored else ''}",
        **_mebibytes(before, "before"),
        **_mebibytes(after, "after"),
        "after ÷ before": after.rss / before.rss,
        "answers/s": seen["answers"] / seen["seconds"],
        "failures": first["failures"] + seen["failures"],
    }


def _at_rest(target: Target) -> Memory:
    time.sleep(TRIM_SECONDS + 2)
    return memory(target.worker)


def _new_thread(target: Target) -> str:
    return str(requests.post(f"http://127.0.0.1:{target.port}/threads", json={}, timeout=10).json()["thread_id"])


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
