"""The published contract against a real server: what it allows is taken, what it forbids refused, all is as described.

Schemathesis makes the requests from `/openapi.json`, with a fixed seed; small limits keep the longest of them short.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.missing import missing
from tests.support.processes import ROOT, WAIT_SECONDS, clean_environment, running_api
from tests.support.provider.client import ScriptedProvider

LIMITS = {"MAX_MESSAGE_CHARS": 2000, "MAX_ANSWER_CHARS": 3000, "MAX_MESSAGES": 20}
EXAMPLES = 12


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider


@pytest.mark.parametrize("token", ["", "a-token"])
def test_the_api_does_what_its_contract_says(token: str, provider: ScriptedProvider, tmp_path: Path) -> None:
    if find_spec("schemathesis") is None:
        missing("schemathesis is not installed")
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": "m,n", "API_TOKEN": token, **LIMITS}
    with running_api(tmp_path, **settings) as api:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{api.url}/openapi.json", "--checks", "all"]
        command += ["--seed", "1", "--generation-database", "none", "--max-examples", str(EXAMPLES), "--no-color"]
        command += ["--header", f"Authorization: Bearer {token}"] if token else []
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=clean_environment(PYTHONPATH=ROOT),
            capture_output=True,
            text=True,
            timeout=5 * WAIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
        assert "Traceback" not in api.logged()
