"""OpenAI's document of chat completions, and that of Open Responses, against Decant: schemathesis makes the requests.

The provider plays the quirks of `scenarios.py` one after the other, so that each chunk and event of each repaired
answer is held to the document. `tests/api/test_schemathesis.py` does the same with Decant's own document.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conformance.v1.documents import ROUTES, carried, reduced
from tests.conformance.v1.gateway import MODEL, TOKEN, Gateway, from_here, run, running_gateway
from tests.conformance.v1.results import expected_failures
from tests.conformance.v1.scenarios import ANSWERS, BROKEN, CALLS, WHOLE, Row
from tests.support.missing import missing
from tests.support.provider.scenario import Scenario

CHECKS = "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance"
EXAMPLES = 100


@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ROUTES)
def test_decant_does_what_a_document_says(name: str, is_streamed: bool, tmp_path: Path) -> None:
    if find_spec("schemathesis") is None:
        missing("schemathesis is not installed")
    document = tmp_path / f"{name}.json"
    document.write_text(json.dumps(reduced(name, carried(name), is_streamed=is_streamed)), encoding="utf-8")
    rows = quirks(name, is_streamed)
    known = [quirk for quirk in rows if f"{name} {quirk}" in expected_failures("documents")]
    fitting = [row.does for quirk, row in rows.items() if quirk not in known]
    with running_gateway(tmp_path) as gateway:
        done = ask(document, gateway, fitting)
        asked = [bool(call.body.get("stream")) for call in gateway.provider.calls(MODEL)]
        fails = {quirk: ask(document, gateway, [rows[quirk].does]).returncode != 0 for quirk in known}
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert asked.count(is_streamed) == len(asked) >= len(fitting), asked
    assert all(fails.values()), f"expected/documents.json names what does not fail: {fails}"


def quirks(name: str, is_streamed: bool) -> dict[str, Row]:
    """Choose what is answered in the words of the document: an error within chunks is in none."""
    if not is_streamed:
        return {quirk: row for quirk, row in WHOLE.items() if "error" not in row.sees}
    told = {quirk: row for quirk, row in BROKEN.items() if "text" in row.sees}
    return ANSWERS | CALLS | (told if name == "openresponses" else {})


def ask(document: Path, gateway: Gateway, answers: Sequence[Scenario]) -> subprocess.CompletedProcess[str]:
    """Ask what the document allows; the answers come in turn, over and over."""
    gateway.provider.script(MODEL, *answers * (2 * EXAMPLES // len(answers)))
    asked = ["--url", gateway.base_url, "-H", f"Authorization: Bearer {TOKEN}", "--checks", CHECKS]
    bounds = ["--phases", "examples,fuzzing", "-n", str(EXAMPLES), "--seed", "1", "--generation-database", "none"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(document), *asked, *bounds, "--no-color"]
    return run(command, document.parent, 120, **from_here())
