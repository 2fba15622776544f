"""How many streams one worker holds at the service level, and how much later the first text comes."""

from functools import partial
from typing import Any

from tests.bench.api.lab import (
    DECANT,
    FLASK_GEVENT,
    FLASK_GTHREAD,
    GEVENT_SSE,
    GTHREAD_SSE,
    NGINX,
    NOTHING,
    SEED,
    Lab,
    Subject,
)
from tests.bench.report import Table, median
from tests.bench.tries import AGREE, TRIES, middle_try

STEPS = (50, 100, 150, 200, 300, 400, 500, 600, 800)
RATE = 20.0
FIRST_TEXT_MS = 300.0
GAP_MS = 1.5 * 1000 / RATE


def capacity(lab: Lab) -> Table:
    """The most streams with p99 first text < 300 ms and p99 gap < 1.5 times the pace."""
    table = Table(
        "api_capacity",
        "Streams one worker holds at 20 chunks/s with p99 first text < 300 ms and p99 gap < 75 ms",
        f"Steps {STEPS}; answers of 5 s; a step is held when {AGREE} of {TRIES} tries hold it.",
    )
    held: dict[str, int] = {}
    for subject in lab.present(SEED, GEVENT_SSE, GTHREAD_SSE, FLASK_GEVENT, FLASK_GTHREAD):
        there: dict[str, Any] | None = None
        for step in STEPS:
            beyond = middle_try(partial(_try_step, lab, subject, step), _worst)
            if _worst(beyond) >= 1:
                break
            held[subject.name], there = step, beyond
        row: dict[str, Any] = {"server": subject.name, "streams": held.get(subject.name, 0)}
        row["this ÷ seed"] = row["streams"] / held[SEED.name] if held.get(SEED.name) else None
        row["server core"] = there and there["cpu"]["server"] / there["seconds"]
        for name, of in (("", there), (", next step", beyond)):
            row[f"p99 first ms{name}"] = of and of["first_text"]["p99"]
            row[f"p99 gap ms{name}"] = of and of["gaps"]["p99"]
        table.rows.append({**row, "valid": beyond["is_valid"]})
    return table


def first_text(lab: Lab) -> Table:
    """The time to the first text over calling the provider directly."""
    table = Table(
        "api_first_text",
        "Added time to first text over calling the provider directly: 50 streams at 20 chunks/s, answers of 1 s",
    )
    quick = lab.options.is_quick
    subjects = lab.present(NOTHING, *((GEVENT_SSE, SEED) if quick else (*DECANT, SEED, NGINX)))
    plan = {"streams": 20 if quick else 50, "chunks": 20, "ramp_seconds": 1.2, "window_seconds": 2.0 if quick else 4.0}
    rounds = lab.alternate(subjects, lambda subject: lab.load(subject, **plan))
    for subject, seen in rounds.items():
        row: dict[str, Any] = {"server": subject.name, "requests": sum(one["first_text"]["count"] for one in seen)}
        for name in ("p50", "p99"):
            times = [one["first_text"][name] for one in seen]
            direct = [one["first_text"][name] for one in rounds[NOTHING]]
            row[f"{name} ms"] = median(times)
            row[f"added {name} ms"] = median([time - other for time, other in zip(times, direct, strict=True)])
        row["failures"] = sum(one["failures"] for one in seen)
        table.rows.append({**row, "valid": all(one["is_valid"] for one in seen)})
    return table


def _try_step(lab: Lab, subject: Subject, streams: int) -> dict[str, Any]:
    plan = {"streams": streams, "chunks": 100, "rate": RATE, "ramp_seconds": 1.5 + streams / 200}
    return lab.load(subject, window_seconds=4.0, **plan)


def _worst(seen: dict[str, Any]) -> float:
    first, gap = seen["first_text"]["p99"], seen["gaps"]["p99"]
    return max(first / FIRST_TEXT_MS, gap / GAP_MS) if first and gap and not seen["failures"] else float("inf")
