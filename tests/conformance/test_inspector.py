"""The protocol's inspector as a client, from the command line: both generations, over HTTP and over pipes.

Source: github.com/modelcontextprotocol/inspector, at the version of `package.json`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.installed import environment, node_module
from tests.support.processes import ROOT, Server, running_api
from tests.support.provider.client import ScriptedProvider

AUTHORIZATION = {"Authorization": "Bearer a-token"}
TOOLS = ["ask", "list_threads", "search_messages", "read_thread", "stop"]
KINDS = ("older", "modern", "stdio")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ScriptedProvider() as provider:
        settings = {"OPENAI_BASE_URL": provider.base_url, "API_TOKEN": "a-token"}
        with running_api(tmp_path_factory.mktemp("api"), **settings) as server:
            yield server


def inspect(api: Server, kind: str, folder: Path, *chosen: str) -> tuple[int, str]:
    """Run the inspector with a configuration of the kind; return its exit code and what it printed."""
    http = {"type": "streamable-http", "url": f"{api.url}/mcp", "headers": AUTHORIZATION}
    env = {"API_URL": api.url, "API_TOKEN": "a-token", "PYTHONPATH": str(ROOT)}
    servers: dict[str, dict[str, Any]] = {
        "older": http,
        "modern": {**http, "protocolEra": "modern"},
        "stdio": {"command": sys.executable, "args": ["-m", "api.mcp_server"], "env": env},
        "stranger": {**http, "headers": {}},
    }
    config = folder / "inspector.json"
    config.write_text(json.dumps({"mcpServers": {kind: servers[kind]}}), encoding="utf-8")
    done = subprocess.run(
        [*node_module("inspector"), "--cli", "--config", str(config), "--server", kind, "--format", "json", *chosen],
        env={**environment(), "MCP_INSPECTOR_SECRET_STORE": "memory"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def result(printed: str) -> dict[str, Any]:
    return dict(json.loads(printed[printed.index("{") :].splitlines()[0])["result"])


@pytest.mark.parametrize("kind", KINDS)
def test_it_lists_the_tools_and_finds_nothing_to_mend_in_their_schemas(api: Server, kind: str, tmp_path: Path) -> None:
    code, printed = inspect(api, kind, tmp_path, "--method", "tools/list")
    assert code == 0, printed
    assert [tool["name"] for tool in result(printed)["tools"]] == TOOLS
    code, printed = inspect(api, kind, tmp_path, "--method", "tools/list", "--strict")
    assert (code, "Warning" in printed) == (0, False), printed


@pytest.mark.parametrize("kind", KINDS)
def test_it_asks_and_reads_what_was_said(api: Server, kind: str, tmp_path: Path) -> None:
    call = ("--method", "tools/call", "--tool-name")
    code, printed = inspect(api, kind, tmp_path, *call, "ask", "--tool-arg", "prompt=hello")
    assert code == 0, printed
    asked = result(printed)
    assert asked["content"][0]["text"] == "hello"
    uri = f"decant://threads/{asked['structuredContent']['thread_id']}"
    code, printed = inspect(api, kind, tmp_path, "--method", "resources/read", "--uri", uri)
    assert (code, "## Assistant" in printed) == (0, True), printed
    code, printed = inspect(api, kind, tmp_path, *call, "read_thread", "--tool-arg", "thread_id=nothing")
    assert (code, "There is no such thread." in printed) == (5, True), printed


def test_it_is_refused_without_a_token(api: Server, tmp_path: Path) -> None:
    code, printed = inspect(api, "stranger", tmp_path, "--method", "tools/list")
    assert code == 3, printed
