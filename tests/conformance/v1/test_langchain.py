"""LangChain's standard tests of chat models, with Decant as the provider of ChatOpenAI.

Left out by their own settings are pictures, sound and files, whose tests fetch from the network, and one that measures.
"""

import os
from pathlib import Path

from tests.conformance.v1.gateway import TOKEN, from_here, installed, run, running_gateway
from tests.conformance.v1.results import compare, read_junit

# A model that LangChain sends to /chat/completions whether there are tools or not.
MODELS = ("scripted", "scripted-too")
LEFT_OUT = {
    "test_audio_inputs",
    "test_image_inputs",
    "test_image_tool_message",
    "test_pdf_inputs",
    "test_pdf_tool_message",
    "test_stream_time",
}
SUITE = Path(__file__).parent / "langchain_suite.py"
# Without this repository's own configuration of pytest.
OPTIONS = ("-c", os.devnull, "--asyncio-mode=auto", "-o", "asyncio_default_test_loop_scope=session")


def test_langchains_standard_tests_pass(tmp_path: Path) -> None:
    python, report = installed("python"), tmp_path / "report.xml"
    with running_gateway(tmp_path, MODELS) as gateway:
        where = from_here(BASE_URL=gateway.base_url, API_KEY=TOKEN, MODEL=MODELS[0], OTHER_MODEL=MODELS[1])
        command = [python, "-m", "pytest", str(SUITE), *OPTIONS, f"--rootdir={tmp_path}", "-p", "no:cacheprovider"]
        done = run([*command, f"--junitxml={report}", "-q"], tmp_path, 120, **where)
    assert report.exists(), done.stdout + done.stderr
    failed, passed, skipped = read_junit(report)
    compare("langchain", failed, passed)
    assert {name.partition("::")[2] for name in skipped} == LEFT_OUT
