import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import executable
from tests.support.processes import ROOT, WAIT_SECONDS

BENCHMARKS = ("paced", "memory-runs")
SECONDS = 600


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the quick benchmarks say, as JSON."""
    path = tmp_path_factory.mktemp("bench") / "bench.json"
    command = [sys.executable, "-m", "tests.bench", "api", *BENCHMARKS, "--quick", "--json", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_quick_benchmark_tells_what_a_chunk_costs_beside_the_seed(told: dict) -> None:
    rows = told["tables"]["api_chunk_paced"]["rows"]
    assert [row["server"].split(":")[0] for row in rows] == ["Decant, gevent, SSE", "seed"]
    assert all(row["CPU µs per chunk"] > 0 and row["chunks/s"] > 0 for row in rows)
    assert rows[1]["seed ÷ this"] == pytest.approx(1)


def test_a_benchmark_loses_no_chunk(told: dict) -> None:
    rows = [row for table in told["tables"].values() for row in table["rows"]]
    assert [row["failures"] for row in rows] == [0] * len(rows)


def test_a_benchmark_tells_the_machine_and_the_date(told: dict) -> None:
    assert {"cpu", "cores", "date", "load_average", "python", "system"} <= told["machine"].keys()


def test_an_unknown_benchmark_is_refused_by_name() -> None:
    command = [sys.executable, "-m", "tests.bench", "api", "no-such"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
    assert (done.returncode, "no such benchmark: no-such" in done.stderr) == (1, True)


def test_a_gateway_is_measured_beside_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    command = [sys.executable, "-m", "tests.bench", "gateways", "request", "--quick", "--only", "decant-gthread"]
    done = subprocess.run([*command, "--json", str(path)], cwd=ROOT, capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(path.read_text(encoding="utf-8"))["tables"]["gateways_request"]["rows"]
    assert (row["gateway"], row["failures"]) == ("Decant, gthread", 0)
    assert row["CPU µs per request"] > 0


@pytest.mark.browser
def test_quick_answers_are_seen_to_the_end_in_a_real_browser_and_by_many_clients(tmp_path: Path) -> None:
    executable()
    path = tmp_path / "bench.json"
    asked = ["page", "answer", "pages", "--quick", "--only", "decant", "--json", str(path)]
    command = [sys.executable, "-m", "tests.bench", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    tables = json.loads(path.read_text(encoding="utf-8"))["tables"]
    assert tables["page_pages"]["rows"][0]["arrived %"] == 100
    [row] = tables["page_answer"]["rows"]
    assert (row["page"], row["arrived"]) == ("Decant", True)
    assert all(row[cost] > 0 for cost in ("lag p50", "bytes/byte", "main thread s", "its CPU s", "UI CPU s"))
