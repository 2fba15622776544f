"""`python -m tests.bench SUITE [BENCHMARK …]` measures Decant beside its baselines and prints tables.

python -m tests.bench api                   everything about the API
python -m tests.bench api --quick           the same, coarser, within a minute
python -m tests.bench api paced capacity    these two
python -m tests.bench gateways              /v1 beside other gateways, as far as they are installed
python -m tests.bench page                  everything about the page, in a real browser
python -m tests.bench page answer --only decant --size 200000
"""

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.answers import KINDS
from tests.bench.api.servers import Pins
from tests.bench.options import Options
from tests.bench.report import Cell, Table, machine, write_json

SUITES = ("api", "gateways", "page")


def main(arguments: list[str]) -> None:
    """Run the benchmarks that were asked for."""
    asked = _parse(arguments)
    suite = importlib.import_module(f"tests.bench.{asked.suite}.suite")
    names = asked.benchmarks or (suite.QUICK if asked.quick else list(suite.BENCHMARKS))
    if unknown := set(names) - set(suite.BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(suite.BENCHMARKS)}")
    options = _options(asked)
    print(" · ".join(f"{name} {value}" for name, value in machine().items()), flush=True)
    tables: list[Table] = []
    told: dict[str, Cell] = {"suite": asked.suite, "quick": asked.quick, "rounds": options.rounds, "pin": asked.pin}
    with tempfile.TemporaryDirectory() as folder, suite.opened(options, Path(folder)) as lab:
        for name in names:
            tables.append(suite.BENCHMARKS[name](lab))
            print(tables[-1].text(), flush=True)
            if asked.json:
                write_json(asked.json, told, tables)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("tests.bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("benchmarks", nargs="*", help="some of the suite; all when left out")
    parser.add_argument("--quick", action="store_true", help="coarser and within a minute")
    parser.add_argument("--rounds", type=int, help="how often each server is measured, in turn (3, or 1 with --quick)")
    parser.add_argument("--pin", action="store_true", help="servers on one core, load and provider on another")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was measured to this file")
    page = parser.add_argument_group("the page")
    page.add_argument("--size", type=int, nargs="+", default=(), metavar="CHARS", help="lengths of the answer")
    page.add_argument("--kind", choices=KINDS, default="mixed", help="what the answer is made of (mixed)")
    page.add_argument("--only", nargs="+", default=(), metavar="NAME", help="measure these alone")
    page.add_argument("--answers", type=int, help="how many answers the soak takes (1000, or 50 with --quick)")
    return parser.parse_args(arguments)


def _options(asked: argparse.Namespace) -> Options:
    return Options(
        is_quick=asked.quick,
        rounds=asked.rounds or (1 if asked.quick else 3),
        pins=_pins(asked.pin),
        kind=asked.kind,
        sizes=tuple(asked.size),
        only=tuple(asked.only),
        answers=asked.answers or (50 if asked.quick else 1000),
    )


def _pins(wanted: bool) -> Pins:
    cores = sorted(os.sched_getaffinity(0))
    if not wanted:
        return Pins()
    if len(cores) < 2:
        sys.exit("--pin needs two cores")
    return Pins(frozenset(cores[:1]), frozenset(cores[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
