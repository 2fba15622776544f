"""Fixed clients, Decant, and a provider that plays every quirk: all clients see the same, in the rows' words."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.v1.gateway import TOKEN, Gateway, from_here, installed, run, running_gateway
from tests.conformance.v1.results import compare
from tests.conformance.v1.scenarios import ESTIMATED, STREAMED, WHOLE, Row

# What each client has no place for, whatever a server sends.
BLIND: dict[str, set[str]] = {
    "langchain": {"reasoning"},
    "litellm_sdk": {"code"},
    "llm_responses": {"reasoning", "finish_reason"},
    "llm_tool": {"reasoning"},
    "openai_agents": {"finish_reason"},
    "openai_agents_responses": {"finish_reason", "code"},
    "openai_python": set(),
    "openai_python_responses": set(),
    "openai_python_whole": set(),
}
EMPTY_FAILURE = {"text": "", "calls": [], "usage": None}
EMPTY = EMPTY_FAILURE | {"reasoning": "", "finish_reason": None, "error": None}
# Neither a price list nor a trace is fetched or sent.
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENAI_AGENTS_DISABLE_TRACING": "1"}


def rows_of(client: str) -> Mapping[str, Row]:
    return WHOLE if client.endswith("_whole") else STREAMED


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_gateway(tmp_path_factory.mktemp("clients"), (*STREAMED, *WHOLE)) as gateway:
        yield gateway


@pytest.mark.parametrize("client", BLIND)
def test_a_client_sees_what_the_provider_does(client: str, gateway: Gateway, tmp_path: Path) -> None:
    python, rows = installed("python"), rows_of(client)
    gateway.provider.reset()
    for model, row in rows.items():
        gateway.provider.script(model, row.does)
    command = [python, "-m", f"tests.conformance.v1.clients.{client}", gateway.base_url, *rows]
    done = run(command, tmp_path, 150, **from_here(API_KEY=TOKEN, **QUIET))
    seen = {line["model"]: line for line in map(json.loads, filter(is_line, done.stdout.splitlines()))}
    assert list(seen) == list(rows), done.stdout[-3000:] + done.stderr[-3000:]
    asked = {model: len(gateway.provider.calls(model)) for model in rows}
    wrong = {model: differences(row, seen[model], asked[model], BLIND[client]) for model, row in rows.items()}
    failed = {f"{client} {model}": "\n".join(found) for model, found in wrong.items() if found}
    passed = {f"{client} {model}" for model, found in wrong.items() if not found}
    compare("clients", failed, passed, within=f"{client} ")


def is_line(printed: str) -> bool:
    """Tell a line of ours from what a client prints of its own accord."""
    return printed.startswith('{"model"')


def differences(row: Row, seen: Mapping[str, Any], requests: int, blind: set[str]) -> list[str]:
    """Say where a client sees something else than the row says."""
    shown = dict(seen) | {"calls": [[name, as_object(arguments)] for name, arguments in seen["calls"]]}
    wanted = (EMPTY_FAILURE if "error" in row.sees else EMPTY) | row.sees
    found = [f"requests: {requests}, not {row.requests}"] if row.requests not in (None, requests) else []
    wrong = [field for field in wanted.keys() - blind if not fits(field, wanted[field], shown[field])]
    return found + [f"{field}: {shown[field]!r}, not {wanted[field]!r}" for field in wrong]


def fits(field: str, wanted: Any, shown: Any) -> bool:
    """Compare: of a failure the sentence has to be there, of an estimate two numbers, all else has to be the same."""
    if field == "error" and wanted:
        return shown is not None and wanted in shown
    if wanted == ESTIMATED:
        return isinstance(shown, list) and len(shown) == 2 and min(shown) > 0
    return bool(wanted == shown)


def as_object(arguments: Any) -> Any:
    """Read the arguments of a call, or leave them as they are where they are no JSON."""
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
