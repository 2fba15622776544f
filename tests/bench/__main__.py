"""`python -m tests.bench SUITE [BENCHMARK …]` measures Decant beside its baselines and prints tables.

python -m tests.bench api                   everything about the API
python -m tests.bench api --quick           the same, coarser, within a minute
python -m tests.bench api paced capacity    these two
"""

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.api_lab import Options
from tests.bench.api_servers import Pins
from tests.bench.report import Cell, Table, machine, write_json

SUITES = ("api",)


def main(arguments: list[str]) -> None:
    """Run the benchmarks that were asked for."""
    asked = _parse(arguments)
    suite = importlib.import_module(f"tests.bench.{asked.suite}")
    names = asked.benchmarks or (suite.QUICK if asked.quick else list(suite.BENCHMARKS))
    if unknown := set(names) - set(suite.BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(suite.BENCHMARKS)}")
    options = Options(is_quick=asked.quick, rounds=asked.rounds or (1 if asked.quick else 3), pins=_pins(asked.pin))
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
    return parser.parse_args(arguments)


def _pins(wanted: bool) -> Pins:
    cores = sorted(os.sched_getaffinity(0))
    if not wanted:
        return Pins()
    if len(cores) < 2:
        sys.exit("--pin needs two cores")
    return Pins(frozenset(cores[:1]), frozenset(cores[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
