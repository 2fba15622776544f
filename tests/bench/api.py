"""The benchmarks of the API, in the order in which they run; `python -m tests.bench api` runs them all."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.bench import api_chunks, api_memory, api_streams
from tests.bench.api_lab import Lab
from tests.bench.options import Options
from tests.bench.report import Table

BENCHMARKS: Mapping[str, Callable[[Lab], Table]] = {
    "paced": api_chunks.paced,
    "burst": api_chunks.burst,
    "request": api_chunks.request,
    "first-text": api_streams.first_text,
    "capacity": api_streams.capacity,
    "growth-answer": api_chunks.by_answer_size,
    "growth-streams": api_chunks.by_streams,
    "memory-stream": api_memory.per_stream,
    "memory-runs": api_memory.after_many_runs,
    "cold-start": api_memory.cold_start,
}
QUICK = tuple(name for name in BENCHMARKS if name not in ("request", "capacity"))


@contextlib.contextmanager
def opened(options: Options, folder: Path) -> Iterator[Lab]:
    """Prepare what the benchmarks share."""
    with Lab(options, folder) as lab:
        yield lab
