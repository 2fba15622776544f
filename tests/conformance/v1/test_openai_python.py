"""openai-python's own tests of what Decant serves, from its source archive: every field at once, types strictly.

They are made from OpenAI's document. Their key has spaces, so Decant asks for none here. Left out are `aiohttp`, an
extra of the client, and what Decant does not serve (stored completions, deleting models).
"""

from pathlib import Path

from tests.conformance.v1.gateway import installed, run, running_gateway, source_of_openai_python
from tests.conformance.v1.results import compare, read_junit

FILES = ("tests/api_resources/chat/test_completions.py", "tests/api_resources/test_models.py")
CHOSEN = "((Completions and create) or (Models and (list or retrieve))) and not aiohttp"
COUNT = 60


def test_openai_pythons_own_tests_pass(tmp_path: Path) -> None:
    source, python = source_of_openai_python(), installed("python")
    with running_gateway(tmp_path, API_TOKEN="") as gateway:
        command = [python, "-m", "pytest", "-o", "addopts=", "-p", "no:cacheprovider", *FILES, "-k", CHOSEN]
        done = run(
            [*command, f"--junitxml={tmp_path / 'report.xml'}", "-q"],
            source,
            120,
            TEST_API_BASE_URL=gateway.base_url,
            PYTHONDONTWRITEBYTECODE="1",
        )
    assert (tmp_path / "report.xml").exists(), done.stdout + done.stderr
    failed, passed, _ = read_junit(tmp_path / "report.xml")
    compare("openai_python", failed, passed)
    assert len(failed) + len(passed) == COUNT
