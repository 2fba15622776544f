"""A run that `ask` started and that waits for a person: its client is told, and what follows is an ordinary run."""

from tests.support.mcp_face import McpFace
from tests.support.processes import wait_for
from tests.support.provider.scenario import Scenario
from tests.support.tool_api import ToolApi, calling, echo, provider, tool_api

__all__ = ["provider", "tool_api"]


def test_the_client_is_told_who_decides_where_and_the_run_goes_on_without_it(tool_api: ToolApi) -> None:
    for face in (McpFace(tool_api.server.url), McpFace(tool_api.server.url).initialized()):
        model = tool_api.script(calling(echo(), text="Let me see."), Scenario(text="It said hi."))
        result = face.call("ask", prompt="Do it", model=model, idempotency_key=model)
        told, said = result["structuredContent"], result["content"][0]["text"]
        run_id = told["run_id"]
        assert (told["status"], result["isError"], said[:11]) == ("requires_action", False, "Let me see.")
        assert f"/runs/{run_id}/tool_calls/c1" in said
        wait_for(lambda run_id=run_id: tool_api.status(run_id) == "requires_action", what="the run to wait")  # type: ignore[misc]
        assert tool_api.decide(run_id, "c1", decision="approve", at=tool_api.other).status_code == 202
        assert tool_api.ended(run_id)["status"] == "completed"
        messages = face.call("read_thread", thread_id=told["thread_id"])["structuredContent"]["messages"]
        assert "It said hi." in messages[-1]["text"]
        again = face.call("ask", prompt="Do it", model=model, idempotency_key=model)
        assert (again["structuredContent"]["run_id"], again["structuredContent"]["status"]) == (run_id, "completed")
        assert again["content"][0]["text"] == "Let me see.It said hi."


def test_what_waits_can_be_stopped(tool_api: ToolApi) -> None:
    face = McpFace(tool_api.server.url)
    asked = face.call("ask", prompt="Do it", model=tool_api.script(calling(echo())))
    run_id = asked["structuredContent"]["run_id"]
    wait_for(lambda: tool_api.status(run_id) == "requires_action", what="the run to wait")
    stopped = McpFace(tool_api.other.url).call("stop", run_id=run_id)
    assert stopped["structuredContent"] == {"run_id": run_id, "status": "cancelled"}


def test_calls_of_tools_are_progress(tool_api: ToolApi) -> None:
    slow = ("s1", "scripted__slow", '{"seconds": 1.2, "every": 0.1}')
    model = tool_api.script(calling(slow), Scenario(text="Done."))
    with McpFace(tool_api.server.url).asking(prompt="Do it", model=model) as messages:
        *notes, last = list(messages)
    assert "Calling slow" in [note["params"]["message"] for note in notes]
    assert last["result"]["content"][0]["text"] == "Done."
