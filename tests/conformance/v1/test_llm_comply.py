"""llm-comply's checks of chat completions and of Open Responses, by the JSON schemas that it carries."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.v1.gateway import TOKEN, installed, run, running_gateway
from tests.conformance.v1.results import compare

# How many checks a set has; those of reasoning are made for such names of models only.
SETS = {"openai-chat": 9, "open-responses": 13}
MODEL = "gpt-5-scripted"


@pytest.mark.parametrize("form", SETS)
def test_a_set_passes(form: str, tmp_path: Path) -> None:
    program = installed("llm-comply")
    with running_gateway(tmp_path, (MODEL,)) as gateway:
        asked = ["--format", form, "-u", gateway.base_url, "-k", TOKEN, "-m", MODEL, "--timeout", "20"]
        done = run([program, *asked, "--json"], tmp_path, 120)
    results = read(done.stdout, done.stderr)
    failed = {name: json.dumps(result, indent=1) for name, result in results.items() if result["status"] == "failed"}
    passed = {name for name, result in results.items() if result["status"] == "passed"}
    compare(f"llm_comply_{form.replace('-', '_')}", failed, passed)
    assert len(failed) + len(passed) == len(results) == SETS[form], results


def read(printed: str, said: str) -> dict[str, dict[str, Any]]:
    """Return the results by the suite's names for them."""
    assert printed.strip(), said
    return {result["id"]: result for result in json.loads(printed)["results"]}
