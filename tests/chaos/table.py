"""What a chaos run found, as a table for people."""

from collections import Counter
from collections.abc import Sequence

from tests.chaos.driver import Outcome
from tests.chaos.episode import Result
from tests.chaos.plan import WEIGHTS

HEAD = "| cut | tried | completed | failed | cancelled | interrupted | lost | doubled | other |\n" + "|---" * 9 + "|"


def table(outcome: Outcome) -> str:
    """Count the cuts of each kind, how their runs ended and what was wrong."""
    rows = [_row(kind, [result for result in outcome.results if result.cut.kind == kind]) for kind in WEIGHTS]
    return "\n".join((HEAD, *rows, _row("**all**", outcome.results), "", *_times(outcome)))


def problems_of(outcome: Outcome) -> list[str]:
    """List everything that was wrong."""
    of_cuts = [
        f"cut {result.cut.number} ({result.cut.kind}): {problem}"
        for result in outcome.results
        for problem in result.problems
    ]
    return [*of_cuts, *outcome.problems]


def _row(kind: str, results: Sequence[Result]) -> str:
    ends = Counter(result.status for result in results)
    counts = [ends[status] for status in ("completed", "failed", "cancelled", "interrupted")]
    problems = [sum(result.count(problem) for result in results) for problem in ("lost", "doubled", "other")]
    return f"| {kind} | {len(results)} | " + " | ".join(map(str, (*counts, *problems))) + " |"


def _times(outcome: Outcome) -> list[str]:
    cancels = sorted(result.cancel_seconds for result in outcome.results if result.cancel_seconds is not None)
    unflushed = max((result.unflushed for result in outcome.results), default=0.0)
    connections = sum(result.connections for result in outcome.results)
    about = f"{outcome.seconds:.0f} s; {outcome.kills} workers killed; {connections} connections of readers"
    lines = [f"{about}; at most {unflushed:.2f} s of an answer unflushed at a kill."]
    if cancels:
        lines.append(f"Cancel to provider closed: median {cancels[len(cancels) // 2]:.2f} s, most {cancels[-1]:.2f} s.")
    return lines
