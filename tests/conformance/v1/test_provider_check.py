"""trustedrouter-provider-check, tiers 1 to 5: what a router needs of a provider, how a stream is framed above all."""

import json
from pathlib import Path

from tests.conformance.v1.gateway import MODEL, TOKEN, installed, run, running_gateway
from tests.conformance.v1.results import compare
from tests.support.provider.scenario import Scenario

# Slow enough that holding an answer back would show.
PACED = Scenario(obeys=True, chunk_chars=1, chunks_per_second=20)
MOST_SKIPPED = 1


def test_decant_is_a_provider_for_a_router(tmp_path: Path) -> None:
    program, report = installed("trustedrouter-provider-check"), tmp_path / "report.json"
    with running_gateway(tmp_path) as gateway:
        gateway.provider.script(MODEL, PACED)
        asked = ["--base-url", gateway.base_url, "--model", MODEL, "--tier", "5", "--json", str(report)]
        done = run([program, *asked], tmp_path, 120, TR_PROVIDER_API_KEY=TOKEN)
    assert report.exists(), done.stdout + done.stderr
    checks = {check["id"]: check for check in json.loads(report.read_text(encoding="utf-8"))["checks"]}
    failed = {
        name: json.dumps(check, indent=1) for name, check in checks.items() if check["status"] in ("fail", "warn")
    }
    passed = {name for name, check in checks.items() if check["status"] == "pass"}
    compare("provider_check", failed, passed)
    assert len(checks) - len(failed) - len(passed) <= MOST_SKIPPED, done.stdout
