"""What a streamed chunk costs: paced, in a burst, and as answers and the number of streams grow."""

from typing import Any

from tests.bench.api.lab import BASELINES, DECANT, GEVENT_SSE, GEVENT_TEXT, GTHREAD_SSE, NGINX, SEED, Lab, Subject
from tests.bench.load import Plan
from tests.bench.report import Table, median

CHARS = 16
TOTAL_CHUNKS_PER_SECOND = 2000
# A server that had no processor time to keep the pace tells nothing about what a chunk costs.
PACE_KEPT = 0.95
PLAN_RATE = Plan.streams * Plan.rate


def paced(lab: Lab) -> Table:
    """100 streams at 20 chunks/s, one worker."""
    table = Table("api_chunk_paced", "CPU per streamed chunk: 100 streams at 20 chunks/s, one worker")
    plan = {"window_seconds": 2.0 if lab.options.is_quick else 4.0}
    subjects = lab.present(*((GEVENT_SSE, SEED) if lab.options.is_quick else (*DECANT, *BASELINES)))
    _tell_cost(table, lab.alternate(subjects, lambda subject: lab.load(subject, **plan)), has_pace=True)
    return table


def burst(lab: Lab) -> Table:
    """A provider which sends all it has at once."""
    table = Table("api_chunk_burst", "CPU per streamed chunk: 4 streams, answers of 2,000 chunks sent at once")
    subjects = lab.present(*((GEVENT_SSE, SEED) if lab.options.is_quick else (*DECANT, *BASELINES)))
    plan: dict[str, Any] = {"streams": 4, "chunks": 2000, "rate": 0, "ramp_seconds": 0.7}
    plan["window_seconds"] = 1.0 if lab.options.is_quick else 2.0
    _tell_cost(table, lab.alternate(subjects, lambda subject: lab.load(subject, **plan)), has_pace=False)
    return table


def request(lab: Lab) -> Table:
    """What an answer costs before its second chunk."""
    table = Table("api_request", "CPU per request: answers of one chunk, 4 at a time")
    subjects = lab.present(GEVENT_SSE, GEVENT_TEXT, GTHREAD_SSE, *BASELINES)
    plan = {"streams": 4, "chunks": 1, "ramp_seconds": 0.5, "window_seconds": 1.5}
    rounds = lab.alternate(subjects, lambda subject: lab.load(subject, **plan))
    for subject, seen in rounds.items():
        costs = [_microseconds(one) / max(1, one["answers"]) for one in seen]
        speed = median([one["answers"] / one["seconds"] for one in seen])
        table.rows.append(
            {"server": subject.name, "CPU µs per answer": median(costs), "answers per second": speed, **_checks(seen)}
        )
    return table


def by_answer_size(lab: Lab) -> Table:
    """Whether a long answer costs more per chunk than a short one."""
    table = Table(
        "api_growth_answer",
        "Growth: CPU per chunk by the length of the answer (4 streams at 500 chunks/s)",
        "The request itself, measured with answers of one chunk, is taken off; last ÷ first third: within the answer.",
    )
    sizes = (1, 50) if lab.options.is_quick else (1, 10, 51, 200)
    subjects = [GEVENT_SSE] if lab.options.is_quick else [GEVENT_SSE, GTHREAD_SSE, SEED]
    for subject in subjects:
        alone = lab.load(subject, streams=4, chunks=1, rate=500, ramp_seconds=0.5, window_seconds=1.5)
        per_request = _microseconds(alone) / max(1, alone["answers"])
        shortest: float | None = None
        for size in sizes:
            chunks = size * 1000 // CHARS
            seconds = max(3.0, chunks / 500 - 1.0) if size == sizes[-1] else 4.0
            plan = {"streams": 4, "chunks": chunks, "rate": 500, "ramp_seconds": 0.5, "window_seconds": seconds}
            seen = lab.load(subject, is_staggered=size < sizes[-1], **plan)
            cost = (_microseconds(seen) - per_request * seen["answers"]) / max(1, seen["chunks"])
            shortest = shortest or cost
            row = {"server": subject.name, "answer KB": size, "CPU µs per chunk": cost, "÷ shortest": cost / shortest}
            within = _within(seen) if size == sizes[-1] else None
            table.rows.append({**row, "last ÷ first third": within, **_checks([seen])})
    return table


def by_streams(lab: Lab) -> Table:
    """Whether a stream costs more where there are many."""
    table = Table(
        "api_growth_streams",
        f"Growth: CPU per chunk by the number of streams, {TOTAL_CHUNKS_PER_SECOND:,} chunks/s in all",
    )
    counts = (10, 50) if lab.options.is_quick else (10, 100, 300, 1000)
    subjects = [GEVENT_SSE] if lab.options.is_quick else lab.present(GEVENT_SSE, GTHREAD_SSE, NGINX)
    costs: dict[tuple[Subject, int], list[dict[str, Any]]] = {}
    for _ in range(max(1, lab.options.rounds // 2)):
        for subject in subjects:
            for count in counts:
                rate = TOTAL_CHUNKS_PER_SECOND / count
                ramp = 0.7 if lab.options.is_quick else max(1.0, count / 200)
                seconds = 1.0 if lab.options.is_quick else 4.0
                seen = lab.load(subject, streams=count, rate=rate, ramp_seconds=ramp, window_seconds=seconds)
                costs.setdefault((subject, count), []).append(seen)
    for (subject, count), seen in costs.items():
        first = _cost(costs[subject, counts[0]])
        row = {
            "server": subject.name,
            "streams": count,
            "CPU µs per chunk": _cost(seen),
            "÷ fewest": _cost(seen) / first,
        }
        row["p99 gap ms"] = median([one["gaps"]["p99"] or 0.0 for one in seen])
        table.rows.append({**row, "pace ms": 1000 * count / TOTAL_CHUNKS_PER_SECOND, **_checks(seen)})
    return table


def _tell_cost(table: Table, rounds: dict[Subject, list[dict[str, Any]]], *, has_pace: bool) -> None:
    reference = _cost(rounds[SEED])
    for subject, seen in rounds.items():
        costs = [_microseconds(one) / max(1, one["chunks"]) for one in seen]
        row: dict[str, Any] = {"server": subject.name, "CPU µs per chunk": median(costs)}
        row |= {"least": min(costs), "most": max(costs), "seed ÷ this": reference / median(costs)}
        row["chunks/s"] = median([one["chunks"] / one["seconds"] for one in seen])
        if has_pace:
            row["p99 gap ms"] = median([one["gaps"]["p99"] or 0.0 for one in seen])
            row["p50 lag ms"] = median([one["lags"]["p50"] or 0.0 for one in seen])
        row |= _checks(seen)
        if has_pace:
            row["valid"] = row["valid"] and row["chunks/s"] > PACE_KEPT * PLAN_RATE
        table.rows.append(row)


def _microseconds(seen: dict[str, Any]) -> float:
    return float(seen["cpu"]["server"]) * 1e6


def _cost(seen: list[dict[str, Any]]) -> float:
    return median([_microseconds(one) / max(1, one["chunks"]) for one in seen])


def _checks(seen: list[dict[str, Any]]) -> dict[str, Any]:
    """Say whether the measurement itself can be believed."""
    return {
        "provider core": max(one["cpu"]["provider"] / one["seconds"] for one in seen),
        "others cores": max(one["cpu"]["others"] / one["seconds"] for one in seen),
        "load core": max(one["cpu"]["load"] / one["seconds"] for one in seen),
        "failures": sum(one["failures"] for one in seen),
        "valid": all(one["is_valid"] for one in seen),
    }


def _within(seen: dict[str, Any]) -> float | None:
    """Compare the cost of a chunk in the last third of the window with the first, each the median of its seconds."""
    pairs = zip(seen["samples"], seen["samples"][1:], strict=False)
    costs = [(end[2] - start[2]) / (end[1] - start[1]) for start, end in pairs if end[1] > start[1]]
    third = len(costs) // 3
    return median(costs[-third:]) / median(costs[:third]) if third else None
