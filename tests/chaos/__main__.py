"""`python -m tests.chaos --cuts 1000 --seed 7` cuts answers in every way and prints what was lost: nothing."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.driver import run_chaos
from tests.chaos.table import problems_of, table


def main() -> None:
    """Run the chaos on the databases asked for and print the tables; exit with 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000, help="on each database")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--worker-class", choices=("gevent", "gthread"), default="gevent")
    parser.add_argument("--at-once", type=int, default=32, help="answers at the same time")
    arguments = parser.parse_args()
    is_sound = True
    for database in arguments.database or ("sqlite", "postgres"):
        chosen = f"--cuts {arguments.cuts} --seed {arguments.seed}"
        print(f"chaos: {database}, {arguments.worker_class}, {chosen}", flush=True)
        with tempfile.TemporaryDirectory(prefix="decant-chaos-") as folder:
            outcome = run_chaos(
                Path(folder),
                database,
                arguments.worker_class,
                cuts=arguments.cuts,
                seed=arguments.seed,
                at_once=arguments.at_once,
            )
        problems = problems_of(outcome)
        print(table(outcome), *problems, sep="\n", flush=True)
        is_sound = is_sound and not problems
    sys.exit(not is_sound)


if __name__ == "__main__":
    main()
