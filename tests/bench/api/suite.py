"""The benchmarks of the API, in the order in which they run; `python -m tests.bench api` runs them all."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.bench.api import chunks, mcp, memory, streams, tools
from tests.bench.api.lab import Lab
from tests.bench.options import Options
from tests.bench.report import Table

BENCHMARKS: Mapping[str, Callable[[Lab], Table]] = {
    "paced": chunks.paced,
    "burst": chunks.burst,
    "request": chunks.request,
    "first-text": streams.first_text,
    "capacity": streams.capacity,
    "growth-answer": chunks.by_answer_size,
    "growth-streams": chunks.by_streams,
    "tools": tools.beside_calls,
    "mcp-call": mcp.one_call,
    "mcp-beside": mcp.beside_streams,
    "memory-stream": memory.per_stream,
    "memory-runs": memory.after_many_runs,
    "cold-start": memory.cold_start,
}
QUICK = tuple(name for name in BENCHMARKS if name not in ("request", "capacity", "tools", "mcp-beside"))


@contextlib.contextmanager
def opened(options: Options, folder: Path) -> Iterator[Lab]:
    """Prepare what the benchmarks share."""
    with Lab(options, folder) as lab:
        yield lab
