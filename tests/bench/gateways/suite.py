"""Decant's `/v1/chat/completions` beside other gateways: same provider, same load, one run, in turn.

`make bench-gateways` installs them and runs everything; `python -m tests.bench gateways cost first-text` some of it.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.api.lab import SSE, Lab, Subject
from tests.bench.gateways.servers import GATEWAYS, installed
from tests.bench.measured import memory
from tests.bench.options import Options
from tests.bench.report import Table, median
from tests.bench.tries import AGREE, TRIES, middle_try

RATE = 20.0
STEPS = (16, 32, 64, 128, 192, 256, 384, 512)
GAP_MS = 2 * 1000 / RATE

NAMES = {
    "decant-gevent": "Decant, gevent",
    "decant-gthread": "Decant, gthread",
    "litellm": "LiteLLM proxy 1.93.0 (Python)",
    "portkey": "Portkey 1.15.2 (JavaScript)",
    "vllm-router": "vllm-router (Rust)",
    "envoy": "Envoy 1.40.0 (C++)",
    "nginx": "nginx (C)",
}
NOTHING = Subject("nothing: provider called directly", "nothing", SSE)


def cost(lab: Lab) -> Table:
    """CPU of a chunk, and the most memory."""
    table = Table(
        "gateways_cost",
        "CPU per streamed chunk: 50 streams at 20 chunks/s, answers of 200 chunks, one worker each",
        "RSS: over all its processes, after this load.",
    )
    quick = lab.options.is_quick
    plan = {"streams": 20 if quick else 50, "rate": RATE, "window_seconds": 2.0 if quick else 5.0}
    seen = lab.alternate(_subjects(lab), lambda subject: lab.load(subject, **plan))
    for subject, rounds in seen.items():
        costs = [_microseconds(one) / max(1, one["chunks"]) for one in rounds]
        row: dict[str, Any] = {"gateway": subject.name, "CPU µs per chunk": median(costs)}
        row |= {"least": min(costs), "most": max(costs)}
        row["RSS MB"] = sum(memory(pid).rss for pid in lab.target(subject).pids) / 1e6
        table.rows.append(row | _checks(rounds))
    return table


def request(lab: Lab) -> Table:
    """CPU of a request."""
    table = Table("gateways_request", "CPU per request: streamed answers of one chunk, 4 at a time")
    seconds = 1.0 if lab.options.is_quick else 3.0
    plan = {"streams": 4, "chunks": 1, "rate": 0, "ramp_seconds": 1.0, "window_seconds": seconds}
    for subject, rounds in lab.alternate(_subjects(lab), lambda subject: lab.load(subject, **plan)).items():
        costs = [_microseconds(one) / max(1, one["answers"]) for one in rounds]
        row: dict[str, Any] = {"gateway": subject.name, "CPU µs per request": median(costs)}
        row |= {"least": min(costs), "most": max(costs)}
        row["requests/s"] = median([one["answers"] / one["seconds"] for one in rounds])
        table.rows.append(row | _checks(rounds))
    return table


def first_text(lab: Lab) -> Table:
    """How much later the first text comes."""
    table = Table(
        "gateways_first_text",
        "Added time to first text over calling the provider directly: 20 chunks/s, answers of 1 s",
    )
    subjects = [NOTHING, *_subjects(lab)]
    counts = (8,) if lab.options.is_quick else (8, 32, 128)
    rows: dict[Subject, dict[str, Any]] = {subject: {"gateway": subject.name} for subject in subjects[1:]}
    for count in counts:
        plan = {"streams": count, "chunks": 20, "ramp_seconds": 1.5, "window_seconds": 4.0}
        seen = lab.alternate(subjects, partial(_load, lab, plan))
        for subject in subjects[1:]:
            for share in ("p50", "p99"):
                added = [
                    one["first_text"][share] - direct["first_text"][share]
                    for one, direct in zip(seen[subject], seen[NOTHING], strict=True)
                ]
                rows[subject][f"{count}: {share} ms"] = median(added)
            rows[subject]["failures"] = rows[subject].get("failures", 0) + sum(one["failures"] for one in seen[subject])
    table.rows += rows.values()
    return table


def capacity(lab: Lab) -> Table:
    """The most streams without a stall."""
    table = Table(
        "gateways_capacity",
        f"Streams at 20 chunks/s without a p99 gap longer than twice the pace ({GAP_MS:.0f} ms)",
        f"Steps {STEPS}; a step is held when {AGREE} of {TRIES} tries hold it, without a failure.",
    )
    for subject in _subjects(lab):
        held, beyond = 0, None
        for step in STEPS:
            beyond = middle_try(partial(_try_step, lab, subject, step), _worst)
            if _worst(beyond) >= 1:
                break
            held = step
        row: dict[str, Any] = {"gateway": subject.name, "streams": held, "is the last step": held == STEPS[-1]}
        row["p99 gap ms, next step"] = beyond and beyond["gaps"]["p99"]
        table.rows.append(row)
    return table


BENCHMARKS: Mapping[str, Callable[[Lab], Table]] = {
    "cost": cost,
    "request": request,
    "first-text": first_text,
    "capacity": capacity,
}
QUICK = ("cost", "request")


@contextlib.contextmanager
def opened(options: Options, folder: Path) -> Iterator[Lab]:
    """Prepare what the benchmarks share."""
    with Lab(options, folder, GATEWAYS) as lab:
        yield lab


def _subjects(lab: Lab) -> list[Subject]:
    """Return the gateways that are here and answer, and name the others."""
    subjects = []
    for name, title in NAMES.items():
        if lab.options.only and name not in lab.options.only:
            continue
        if not installed(name):
            print(f"left out, not installed: {title}")
            continue
        try:
            lab.target(Subject(title, name, SSE))
        except AssertionError as error:
            print(f"left out, does not answer: {title}: {error}")
        else:
            subjects.append(Subject(title, name, SSE))
    return subjects


def _load(lab: Lab, plan: dict[str, Any], subject: Subject) -> dict[str, Any]:
    return lab.load(subject, **plan)


def _try_step(lab: Lab, subject: Subject, streams: int) -> dict[str, Any]:
    ramp = 1.5 + streams / 100
    return lab.load(subject, streams=streams, chunks=100, rate=RATE, ramp_seconds=ramp, window_seconds=4.0)


def _worst(seen: dict[str, Any]) -> float:
    gap = seen["gaps"]["p99"]
    return gap / GAP_MS if gap and not seen["failures"] else float("inf")


def _microseconds(seen: dict[str, Any]) -> float:
    return float(seen["cpu"]["server"]) * 1e6


def _checks(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {"failures": sum(one["failures"] for one in rounds), "valid": all(one["is_valid"] for one in rounds)}
