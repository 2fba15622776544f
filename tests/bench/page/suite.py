"""The benchmarks of the page, in the order in which they run; `python -m tests.bench page` runs them all."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.bench.options import Options
from tests.bench.page import answer, pages, soak
from tests.bench.page.lab import PageLab
from tests.bench.report import Table

BENCHMARKS: Mapping[str, Callable[[PageLab], Table]] = {
    "answer": answer.answers,
    "sizes": answer.sizes,
    "pages": pages.at_once,
    "soak": soak.soak,
}
QUICK = tuple(BENCHMARKS)


@contextlib.contextmanager
def opened(options: Options, folder: Path) -> Iterator[PageLab]:
    """Prepare what the benchmarks share."""
    yield PageLab(options, folder)
