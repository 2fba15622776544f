"""Runs whose tools ask a person in open calls: two API servers over one database, an older MCP server each."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import kill_whole, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.tool_api import OLDER, SERVER, SETTINGS, ToolApi, calling, is_ready, provider, types_of

__all__ = ["provider"]

NEWER = {**SERVER, "policy": {"*": "always"}}
SERVERS = json.dumps({"mcpServers": {"older": OLDER, "newer": NEWER}})


class Held(ToolApi):
    """Both servers, each with a note file of its MCP servers."""

    notes: tuple[Path, Path]

    def asked(self, *calls: tuple[str, str, str], **body: Any) -> tuple[str, str, dict[str, Any]]:
        """Run until a tool asks; return the ids of the thread and the run, and the question."""
        model = self.script(calling(*(calls or [("a1", "older__ask", '{"text": "Friday"}')])), Scenario(text="Done."))
        thread_id = self.create_thread(model=model)
        run_id, events = self.parked(thread_id, content="Invite somebody", **body)
        return thread_id, run_id, next(event for event in events if event["type"] == "tool_call.requires_action")

    def result(self, thread_id: str) -> Any:
        """Return what the tool has said at last."""
        parts = self.messages(thread_id)[1]["parts"]
        return json.loads(next(part for part in parts if part["type"] == "tool_result")["content"][0]["text"])


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def held(
    request: pytest.FixtureRequest, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Held]:
    with two_servers(tmp_path_factory.mktemp("held"), provider, request.param) as held:
        yield held


@pytest.fixture
def doomed(provider: ScriptedProvider, tmp_path: Path) -> Iterator[Held]:
    """Servers of a test's own, the first of which it ends."""
    with two_servers(tmp_path, provider, "gevent") as held:
        yield held


@contextmanager
def two_servers(folder: Path, provider: ScriptedProvider, worker_class: str) -> Iterator[Held]:
    provider.reset()
    with ExitStack() as stack:
        notes = (folder / "first", folder / "second")
        both = [
            stack.enter_context(
                running_api(
                    folder,
                    **{
                        **SETTINGS,
                        "OPENAI_BASE_URL": provider.base_url,
                        "MCP_SERVERS": SERVERS,
                        "WORKER_CLASS": worker_class,
                        "NOTE": note,
                    },
                )
            )
            for note in notes
        ]
        for server in both:
            wait_for(lambda url=server.url: is_ready(url), what="the MCP servers")  # type: ignore[misc]
        held = Held(both[0], both[1], provider)
        held.notes = notes
        yield held


def test_an_open_call_is_answered_by_whatever_server_and_goes_on_where_it_is(held: Held) -> None:
    thread_id, run_id, question = held.asked()
    assert (question["kind"], question["questions"][0]["message"]) == ("form", "Who comes on Friday?")
    wrong = held.decide(run_id, "a1", at=held.other, decision="answer", content={"age": 5})
    assert (wrong.status_code, "'name' is a required property" in wrong.json()["error"]) == (400, True)
    assert held.decide(run_id, "a1", at=held.other, decision="answer", content={"name": "Ann"}).status_code == 202
    assert held.decide(run_id, "a1", decision="answer", content={"name": "Bob"}).status_code == 409
    events = held.events(run_id, at=held.other)
    assert types_of(events)[-6:] == [
        "tool_call.decided", "tool_call.completed", "step.started", "message.delta", "usage", "run.completed",
    ]  # fmt: skip
    assert held.result(thread_id) == {"action": "accept", "content": {"name": "Ann"}}
    assert held.notes[0].read_text().count("ask Friday") == 1
    assert "ask" not in held.notes[1].read_text()
    # At the server that has it, twice in one call, denied.
    thread_id, run_id, _ = held.asked(("b1", "older__ask_twice", "{}"))
    assert held.decide(run_id, "b1", decision="answer", content={"name": "Cy"}).status_code == 202
    wait_for(lambda: held.status(run_id) == "requires_action", what="the second question")
    assert held.decide(run_id, "b1", at=held.other, decision="deny").status_code == 202
    assert held.events(run_id)[-1]["type"] == "run.completed"
    first, second, _ = held.result(thread_id)
    assert (first["content"], second["action"]) == ({"name": "Cy"}, "decline")


def test_an_open_call_ends_with_its_run(held: Held) -> None:
    _, run_id, _ = held.asked()
    before = held.notes[0].read_text().count("cancelled")
    assert held.ask("POST", f"/runs/{run_id}/cancel", at=held.other).json()["status"] == "cancelled"
    wait_for(lambda: held.notes[0].read_text().count("cancelled") == before + 1, what="the cancelled call")
    thread_id, run_id, _ = held.asked()
    held.ask("DELETE", f"/threads/{thread_id}")
    wait_for(lambda: held.notes[0].read_text().count("cancelled") == before + 2, what="the call of the deleted thread")


def test_where_nobody_can_be_asked_the_model_is_told(held: Held) -> None:
    before = held.notes[0].read_text().count("cancelled")
    for call in (("a1", "older__ask", '{"text": "Friday"}'), ("b1", "newer__invite", '{"day": "Friday"}')):
        model = held.script(calling(call), Scenario(text="Nobody."))
        body = {"model": model, "messages": [{"role": "user", "content": "Invite"}], "tools": ["older", "newer"]}
        assert held.ask("POST", "/stream", json=body).text == "Nobody."
        assert "nobody can be asked" in held.call(model).body["messages"][-1]["content"]
    wait_for(lambda: held.notes[0].read_text().count("cancelled") == before + 1, what="the call that asks")


def test_a_server_that_restarts_interrupts_what_waits_in_its_open_calls(doomed: Held) -> None:
    _, run_id, _ = doomed.asked()
    doomed.server.stop()
    run = doomed.ask("GET", f"/runs/{run_id}", at=doomed.other).json()
    assert (run["status"], run["error"]["code"]) == ("interrupted", "server_shutdown")
    assert "open call" in run["error"]["message"]
    assert doomed.decide(run_id, "a1", at=doomed.other, decision="answer", content={"name": "Ann"}).status_code == 409


def test_a_decision_for_a_killed_server_ends_the_run_and_calls_nothing_again(doomed: Held) -> None:
    _, run_id, _ = doomed.asked()
    kill_whole(doomed.server)
    assert doomed.decide(run_id, "a1", at=doomed.other, decision="answer", content={"name": "Ann"}).status_code == 202
    run = wait_for(
        lambda: (
            (found := doomed.ask("GET", f"/runs/{run_id}", at=doomed.other).json())["status"] != "running" and found
        ),
        what="the end of the run",
    )
    assert run["status"] == "interrupted"
    assert [note.read_text().count("ask Friday") for note in doomed.notes] == [1, 0]
