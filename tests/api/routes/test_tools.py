"""`/tools` under gunicorn: the servers of a worker, under both worker classes; and who is refused."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.support.processes import ROOT, Server, running_api, wait_for

TOKEN = {"Authorization": "Bearer t"}
SERVERS = {
    "mcpServers": {
        "scripted": {
            "command": sys.executable,
            "args": ["-m", "tests.support.tool_server"],
            "cwd": str(ROOT),
            "env": {"SECRET": "${HIDDEN}"},
            "policy": {"echo": "always"},
        },
        "absent": {"command": "no-such-command"},
    }
}


@pytest.fixture(scope="module", params=("gevent", "gthread"))
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("api")
    config = folder / "mcp.json"
    config.write_text(json.dumps(SERVERS), encoding="utf-8")
    settings = {"WORKER_CLASS": request.param, "API_TOKEN": "t", "MCP_CONFIG": config, "HIDDEN": "hidden-secret"}
    with running_api(folder, OPENAI_BASE_URL="http://127.0.0.1:9/v1", **settings) as server:
        yield server


def servers(api: Server) -> dict[str, dict]:
    listed = requests.get(f"{api.url}/tools", headers=TOKEN, timeout=10).json()["servers"]
    return {server["name"]: server for server in listed}


def ready(api: Server) -> dict:
    return wait_for(lambda: (found := servers(api)["scripted"])["status"] == "ready" and found, what="the server")


def test_servers_are_listed_with_their_tools_and_no_secret(api: Server) -> None:
    scripted = ready(api)
    assert [tool["name"] for tool in scripted["tools"]][:2] == ["echo", "linger"]
    assert [tool["policy"] for tool in scripted["tools"]][:2] == ["always", "ask"]
    assert "no-such-command" in wait_for(lambda: servers(api)["absent"]["error"])
    assert "hidden-secret" not in json.dumps(servers(api))


def test_a_stranger_is_refused(api: Server) -> None:
    assert requests.get(f"{api.url}/tools", timeout=10).status_code == 401
    assert requests.post(f"{api.url}/tools/scripted/reconnect", timeout=10).status_code == 401
    for kind in ("prompts", "resources"):
        assert requests.get(f"{api.url}/tools/scripted/{kind}", timeout=10).status_code == 401
        assert requests.post(f"{api.url}/tools/scripted/{kind}", json={}, timeout=10).status_code == 401
    assert requests.get(f"{api.url}/threads/t/approvals", timeout=10).status_code == 401
    decision = {"decision": "approve"}
    assert requests.post(f"{api.url}/runs/r/tool_calls/c", json=decision, timeout=10).status_code == 401


def test_a_server_is_connected_anew_on_request(api: Server) -> None:
    ready(api)
    before = _children(api)
    assert requests.post(f"{api.url}/tools/scripted/reconnect", headers=TOKEN, timeout=10).status_code == 202
    wait_for(lambda: _children(api) and not set(before) & set(_children(api)), what="another process")
    ready(api)
    missing = requests.post(f"{api.url}/tools/other/reconnect", headers=TOKEN, timeout=10)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_a_mistake_in_the_file_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    wrong = json.dumps({"mcpServers": {"files": {"comand": "npx"}}})
    with (
        pytest.raises(AssertionError, match="server 'files' has the unknown key 'comand'"),
        running_api(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:9/v1", MCP_SERVERS=wrong),
    ):
        pass


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_no_process_outlives_the_api(worker_class: str, tmp_path: Path) -> None:
    settings = {"WORKER_CLASS": worker_class, "API_TOKEN": "t", "MCP_SERVERS": json.dumps(SERVERS), "HIDDEN": "x"}
    with running_api(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:9/v1", **settings) as api:
        ready(api)
        left = _children(api)
    assert left
    assert psutil.wait_procs(left, timeout=10)[1] == []


def _children(api: Server) -> list[psutil.Process]:
    found = psutil.Process(api.process.pid).children(recursive=True)
    return [child for child in found if _is_of_server(child)]


def _is_of_server(process: psutil.Process) -> bool:
    try:
        return any("tool_server" in word for word in process.cmdline())
    except psutil.NoSuchProcess:  # Also a zombie.
        return False
