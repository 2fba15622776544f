"""The official conformance suite, its server scenarios: of the fixtures over Decant's dispatcher, and of Decant itself.

Source: github.com/modelcontextprotocol/conformance, at the version of `package.json`.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.installed import environment, node_module
from tests.support.processes import Server, running_api

VERSIONS = ("2026-07-28", "2025-11-25")
EXPECTED_FAILURES = json.loads((Path(__file__).parent / "expected_failures.json").read_text(encoding="utf-8"))
FIXTURES = "tests.conformance.fixture_app:create_app()"
# What a server without fixtures can pass.
OF_ANY_SERVER = [
    ("2026-07-28", "tools-list"),
    ("2026-07-28", "resources-list"),
    ("2026-07-28", "prompts-list"),
    ("2026-07-28", "sep-2164-resource-not-found"),
    ("2026-07-28", "dns-rebinding-protection"),
    ("2026-07-28", "caching"),
    ("2026-07-28", "http-header-validation"),
    ("2025-11-25", "server-initialize"),
    ("2025-11-25", "ping"),
    ("2025-11-25", "tools-list"),
    ("2025-11-25", "resources-list"),
    ("2025-11-25", "prompts-list"),
    ("2025-11-25", "dns-rebinding-protection"),
]


@pytest.fixture(scope="module", params=("gevent", "gthread"))
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("api")
    settings = {"WORKER_CLASS": request.param, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    with running_api(folder, FIXTURES, **settings) as server:
        yield server


def run(url: str, out: Path, *chosen: str) -> str:
    done = subprocess.run(
        [*node_module("conformance"), "server", "--url", url, *chosen, "-o", str(out)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_the_dispatcher_fails_what_it_is_expected_to_and_nothing_else(
    api: Server, version: str, tmp_path: Path
) -> None:
    said = run(f"{api.url}/fixtures/mcp", tmp_path, "--requirements", version)
    verdicts = re.findall(r"^([✓✗]) (\S+): ", said, re.MULTILINE)
    assert len(verdicts) > 30, said
    failed = {f"server {version} {name}" for verdict, name in verdicts if verdict == "✗"}
    assert failed == {name for name in EXPECTED_FAILURES if name.startswith(f"server {version} ")}, said


@pytest.mark.parametrize(("version", "scenario"), OF_ANY_SERVER)
def test_decant_itself_passes_what_needs_no_fixtures(api: Server, version: str, scenario: str, tmp_path: Path) -> None:
    said = run(f"{api.url}/mcp", tmp_path, "--scenario", scenario, "--spec-version", version)
    (checks,) = tmp_path.rglob("checks.json")
    verdicts = [check["status"] for check in json.loads(checks.read_text(encoding="utf-8"))]
    assert verdicts, said
    assert "FAILURE" not in verdicts, said
