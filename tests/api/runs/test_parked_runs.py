"""Runs that wait for a person, and what happens meanwhile: restarts, kills, dead servers, races, time."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import Server, kill_whole, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.tool_api import SERVER, SETTINGS, ToolApi, calling, echo, is_ready, provider

__all__ = ["provider"]

SLOW = ("s1", "scripted__slow", '{"seconds": 60, "every": 0.3}')


@contextmanager
def api(folder: Path, provider: ScriptedProvider, *, has_server: bool = True, **settings: object) -> Iterator[Server]:
    given = {
        **SETTINGS,
        "OPENAI_BASE_URL": provider.base_url,
        "DATABASE_URL": f"sqlite:///{folder}/decant.db",
        "NOTE": folder / "note.txt",
        **settings,
    }
    with running_api(folder, **given) as server:
        if has_server:
            wait_for(lambda: is_ready(server.url), what="the MCP server")
        yield server


def servers(**changes: object) -> str:
    return json.dumps({"mcpServers": {"scripted": {**SERVER, **changes}}})


def parked(server: Server, provider: ScriptedProvider, **body: object) -> tuple[ToolApi, str, str]:
    tools = ToolApi(server, server, provider)
    model = provider.script("m0", calling(echo()), Scenario(text="You said hi."))
    thread_id = tools.create_thread(model=model)
    run_id, _ = tools.parked(thread_id, content="Say it", **body)
    return tools, thread_id, run_id


def at(server: Server, provider: ScriptedProvider) -> ToolApi:
    return ToolApi(server, server, provider)


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_a_decision_may_come_after_everything_was_killed_and_started_again(
    worker_class: str, tmp_path: Path, provider: ScriptedProvider
) -> None:
    with api(tmp_path, provider, WORKER_CLASS=worker_class) as first:
        _, thread_id, run_id = parked(first, provider, temperature=0.5)
        kill_whole(first)
    # It may still be connecting when the decision comes.
    with api(tmp_path, provider, WORKER_CLASS=worker_class, has_server=False) as second:
        tools = at(second, provider)
        assert tools.decide(run_id, "c1", decision="approve").status_code == 202
        assert tools.events(run_id)[-1]["type"] == "run.completed"
        _, answer = tools.messages(thread_id)
        assert [part["type"] for part in answer["parts"]] == ["tool_call", "tool_result", "text"]
        assert answer["parts"][1]["content"][0]["text"] == "hi"
        assert tools.call("m0").body["temperature"] == 0.5
    assert (tmp_path / "note.txt").read_text().splitlines() == ["echo hi"]


def test_a_call_whose_worker_is_killed_is_not_made_again(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider) as first:
        tools = at(first, provider)
        thread_id = tools.create_thread(model=provider.script("m1", calling(SLOW), Scenario(text="No.")))
        response = tools.start(thread_id, content="Do it")
        run_id = response.headers["X-Run-Id"]
        note = tmp_path / "note.txt"
        wait_for(lambda: note.exists() and "slow began" in note.read_text(), what="the call")
        kill_whole(first)
        response.close()
    with api(tmp_path, provider, has_server=False) as second:
        tools = at(second, provider)
        assert tools.ended(run_id)["status"] == "interrupted"
        _, answer = tools.messages(thread_id)
        assert [part["type"] for part in answer["parts"]] == ["tool_call"]
        provider.script("m2", Scenario(text="Yes."))
        tools.run(thread_id, content="And?", model="m2")
        assert "outcome of this call is unknown" in tools.call("m2").body["messages"][2]["content"]
    assert (tmp_path / "note.txt").read_text().splitlines().count("slow began") == 1


def test_a_run_that_nobody_decides_about_ends_and_says_so(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider, DECISION_SECONDS=1) as server:
        tools, _, run_id = parked(server, provider)
        last = tools.events(run_id)[-1]
        assert (last["type"], last["code"]) == ("run.interrupted", "decision_timeout")
        assert tools.decide(run_id, "c1", decision="approve").status_code == 409


def test_a_call_can_be_denied_while_its_server_is_dead(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider) as first:
        _, _, run_id = parked(first, provider)
    dead = servers(command="no-such-command")
    with api(tmp_path, provider, has_server=False, MCP_SERVERS=dead) as second:
        tools = at(second, provider)
        assert tools.decide(run_id, "c1", decision="deny").status_code == 202
        assert tools.events(run_id)[-1]["type"] == "run.completed"
        assert "denied" in tools.call("m0").body["messages"][2]["content"]


def test_an_approved_call_of_a_dead_server_is_told_not_to_be_made(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider) as first:
        _, _, run_id = parked(first, provider)
    with api(tmp_path, provider, has_server=False, MCP_SERVERS='{"mcpServers": {}}') as second:
        tools = at(second, provider)
        assert tools.decide(run_id, "c1", decision="approve").status_code == 202
        assert tools.events(run_id)[-1]["type"] == "run.completed"
        (result,) = [event for event in tools.events(run_id) if event["type"] == "tool_call.completed"]
        assert (result["is_error"], "was not made" in result["content"][0]["text"]) == (True, True)


def test_a_tool_whose_definition_has_changed_is_asked_about_anew(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider) as first:
        tools, thread_id, run_id = parked(first, provider)
        tools.decide(run_id, "c1", decision="approve", scope="thread")
        tools.events(run_id)
        assert len(tools.ask("GET", f"/threads/{thread_id}/approvals").json()["approvals"]) == 1
        provider.script("m0", calling(echo("c2")), Scenario(text="Again."))
    changed = servers(env={**SERVER["env"], "ECHO_DESCRIPTION": "Send the text away."})  # type: ignore[dict-item]
    with api(tmp_path, provider, MCP_SERVERS=changed) as second:
        tools = at(second, provider)
        assert tools.ask("GET", f"/threads/{thread_id}/approvals").json() == {"approvals": []}
        run_id, _ = tools.parked(thread_id, content="Say it")
        assert tools.decide(run_id, "c2", decision="approve").status_code == 202
        assert tools.events(run_id)[-1]["type"] == "run.completed"


def test_an_approval_of_what_has_changed_meanwhile_is_asked_again(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider) as first:
        _, _, run_id = parked(first, provider)
    changed = servers(env={**SERVER["env"], "ECHO_DESCRIPTION": "Send the text away."})  # type: ignore[dict-item]
    with api(tmp_path, provider, MCP_SERVERS=changed) as second:
        tools = at(second, provider)
        assert tools.decide(run_id, "c1", decision="approve").status_code == 202
        wait_for(lambda: tools.status(run_id) == "requires_action", what="another question")
        assert not (tmp_path / "note.txt").exists()
        assert tools.decide(run_id, "c1", decision="approve").status_code == 202
        assert tools.events(run_id)[-1]["type"] == "run.completed"


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_of_many_decisions_at_once_one_counts(worker_class: str, tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider, WORKER_CLASS=worker_class, WEB_CONCURRENCY=2) as server:
        tools, _, run_id = parked(server, provider)
        with ThreadPoolExecutor(8) as pool:
            tries = list(pool.map(lambda _: tools.decide(run_id, "c1", decision="approve").status_code, range(8)))
        assert sorted(tries) == [202] + [409] * 7
        assert tools.events(run_id)[-1]["type"] == "run.completed"
    assert (tmp_path / "note.txt").read_text().splitlines() == ["echo hi"]


def test_a_deleted_thread_waits_for_nobody(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider) as server:
        tools, thread_id, run_id = parked(server, provider)
        assert tools.ask("DELETE", f"/threads/{thread_id}").status_code == 204
        assert tools.ended(run_id)["status"] == "cancelled"


def test_waiting_takes_no_slot(tmp_path: Path, provider: ScriptedProvider) -> None:
    with api(tmp_path, provider, MAX_STREAMS=1) as server:
        tools, _, run_id = parked(server, provider)
        other = tools.create_thread(model=provider.script("m4", Scenario(text="Yes.")))
        assert tools.run(other, content="Free?")[-1]["type"] == "run.completed"
        assert tools.decide(run_id, "c1", decision="approve").status_code == 202
