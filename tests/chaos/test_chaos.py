"""A short chaos, the same every time; `python -m tests.chaos` is the long one."""

from pathlib import Path

import pytest

from tests.chaos import tools
from tests.chaos.driver import run_chaos
from tests.chaos.plan import WEIGHTS
from tests.chaos.table import problems_of, table
from tests.chaos.tools import KINDS, run_tool_chaos

SEED = 4


def test_no_call_is_made_twice_and_no_card_waits_for_ever(tmp_path: Path) -> None:
    results, trouble = run_tool_chaos(tmp_path, "sqlite", "gevent", cuts=len(KINDS), seed=SEED, at_once=2)
    print(tools.table(results))
    assert [(result.kind, problem) for result in results for problem in result.problems] == []
    assert trouble == []
    assert sum(result.calls for result in results) > 0


@pytest.mark.parametrize(("database", "worker_class"), [("sqlite", "gevent"), ("postgres", "gthread")])
def test_no_cut_loses_or_doubles_anything(database: str, worker_class: str, tmp_path: Path) -> None:
    outcome = run_chaos(tmp_path, database, worker_class, cuts=24, seed=SEED, at_once=24)
    print(f"{database}, {worker_class}, seed {SEED}\n{table(outcome)}")
    assert problems_of(outcome) == []
    assert {result.cut.kind for result in outcome.results} == set(WEIGHTS)
