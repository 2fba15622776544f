"""Runs that use tools: real API servers, a real MCP server as a process, a scripted model."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tests.support.processes import wait_for
from tests.support.provider.scenario import Scenario
from tests.support.thread_api import text_of
from tests.support.tool_api import ToolApi, calling, echo, provider, tool_api, types_of

__all__ = ["provider", "tool_api"]

SLOW = ("s1", "scripted__slow", '{"seconds": 0.1, "every": 0.05}')


def test_what_a_tool_answers_is_told_to_the_model_in_the_next_step(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(SLOW, text="Let me see."), Scenario(text="It is done."))
    thread_id = tool_api.create_thread(model=model)
    events = tool_api.run(thread_id, content="Do it")
    assert types_of(events) == [
        "run.started", "message.delta", "tool_call.started", "tool_call.progress", "tool_call.completed",
        "step.started", "message.delta", "usage", "run.completed",
    ]  # fmt: skip
    started = events[2]
    assert (started["server"], started["title"], started["name"]) == ("scripted", "slow", "scripted__slow")
    assert [message["role"] for message in tool_api.call(model).body["messages"]] == ["user", "assistant", "tool"]
    assert tool_api.call(model).body["messages"][2] == {"role": "tool", "tool_call_id": "s1", "content": "done"}
    _, answer = tool_api.messages(thread_id)
    assert [part["type"] for part in answer["parts"]] == ["text", "tool_call", "tool_result", "text"]
    assert text_of(answer) == "Let me see.It is done."
    usage = events[-2]
    assert (usage["input_tokens"], usage["estimated"]) == (13, False)
    again = tool_api.script(Scenario(text="Yes."))
    tool_api.run(thread_id, content="Sure?", model=again)
    assert [message["role"] for message in tool_api.call(again).body["messages"]] == [
        "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip


def test_what_cannot_be_called_is_told_to_the_model(tool_api: ToolApi) -> None:
    calls = [
        ("a", "nothing", "{}"),
        ("b", "scripted__slow", '{"seconds": '),
        ("c", "scripted__slow", '{"seconds": "long"}'),
        ("d", "scripted__slow", "[1]"),
        ("e", "scripted__fail", "{}"),
        ("e", "scripted__large", '{"chars": 3}'),
        ("..", "nothing", "{}"),
    ]
    model = tool_api.script(calling(*calls), Scenario(text="I see."))
    thread_id = tool_api.create_thread(model=model)
    events = tool_api.run(thread_id, content="Do it")
    told = {message["tool_call_id"]: message["content"] for message in tool_api.call(model).body["messages"][2:]}
    assert "There is no tool nothing." in told["a"]
    assert "not JSON" in told["b"]
    assert "do not fit the tool: seconds" in told["c"] or "do not fit the tool" in told["c"]
    assert "one JSON object" in told["d"]
    assert "Error executing tool fail" in told["e"]
    assert told["e_1"] == "xxx"
    written = [call["function"]["arguments"] for call in tool_api.call(model).body["messages"][1]["tool_calls"]]
    assert written[1] == "{}"
    errors = {event["tool_call_id"]: event["is_error"] for event in events if event["type"] == "tool_call.completed"}
    assert errors == {"a": True, "b": True, "c": True, "d": True, "e": True, "e_1": False, ".._1": True}


def test_a_model_that_goes_on_calling_is_stopped(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(SLOW))
    events = tool_api.run(tool_api.create_thread(model=model), content="Do it")
    assert (events[-1]["type"], events[-1]["code"]) == ("run.failed", "too_many_steps")
    assert len(tool_api.provider.calls(model)) == 4
    ids = [event["tool_call_id"] for event in events if event["type"] == "tool_call.started"]
    assert len(set(ids)) == len(ids) == 4


def test_calls_of_a_step_go_at_once_and_a_cancel_reaches_the_server(tool_api: ToolApi) -> None:
    long = [(f"s{number}", "scripted__slow", '{"seconds": 30, "every": 0.2}') for number in range(3)]
    model = tool_api.script(calling(*long))
    response = tool_api.start(tool_api.create_thread(model=model), content="Do it")
    lines = response.iter_lines()
    seen: set[str] = set()
    while len(seen) < 3:
        event = json.loads(next(lines) or b"{}")
        if event.get("type") == "tool_call.progress":
            seen.add(event["tool_call_id"])
    run_id = response.headers["X-Run-Id"]
    assert tool_api.ask("POST", f"/runs/{run_id}/cancel", at=tool_api.other).status_code == 202
    began_at = time.monotonic()
    assert json.loads([line for line in lines if line][-1])["type"] == "run.cancelled"
    assert time.monotonic() - began_at < 5


def test_a_hundred_calls_go_at_once_each_with_its_own_result(tool_api: ToolApi) -> None:
    def ask(thread: int) -> None:
        calls = [(f"c{call}", "scripted__large", json.dumps({"chars": thread * 4 + call})) for call in range(4)]
        model = tool_api.script(calling(*calls), Scenario(text="Done."))
        thread_id = tool_api.create_thread(model=model)
        assert tool_api.run(thread_id, content="Do it")[-1]["type"] == "run.completed"
        results = [part for part in tool_api.messages(thread_id)[1]["parts"] if part["type"] == "tool_result"]
        texts = {part["tool_call_id"]: part["content"][0]["text"] for part in results}
        assert texts == {f"c{call}": "x" * (thread * 4 + call) for call in range(4)}

    with ThreadPoolExecutor(25) as pool:
        for asked in [pool.submit(ask, thread) for thread in range(25)]:
            asked.result()


def test_a_provider_that_refuses_tools_says_so_and_answers_without_them_when_asked_again(tool_api: ToolApi) -> None:
    refusal = Scenario(status=400, body='{"error": {"message": "gemma:2b does not support tools"}}')
    model = tool_api.script(refusal, Scenario(text="Without."))
    thread_id = tool_api.create_thread(model=model)
    events = tool_api.run(thread_id, content="Do it")
    assert (events[-1]["type"], events[-1]["code"]) == ("run.failed", "tools_unsupported")
    assert events[-1]["retryable"]
    again = tool_api.run(thread_id, parent_id=tool_api.messages(thread_id)[0]["message_id"])
    assert again[-1]["type"] == "run.completed"
    assert "tools" not in tool_api.call(model).body


def test_a_run_names_the_tools_that_it_may_use(tool_api: ToolApi) -> None:
    model = tool_api.script(Scenario(text="Yes."))
    thread_id = tool_api.create_thread(model=model)

    def told(**body: object) -> list[str]:
        tool_api.run(thread_id, content="Do it", **body)
        return [tool["function"]["name"] for tool in tool_api.call(model).body.get("tools", [])]

    everything = told()
    assert everything == sorted(everything)
    assert "scripted__echo" in everything
    assert told(tools=["scripted/echo"]) == ["scripted__echo"]
    assert told(tools=[]) == []
    changed = tool_api.ask("PATCH", f"/threads/{thread_id}", json={"tools_off": ["scripted/echo"]})
    assert changed.json()["tools_off"] == ["scripted/echo"]
    assert told() == [name for name in everything if name != "scripted__echo"]
    refused = tool_api.start(thread_id, content="Do it", tools=["files"])
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert "They are scripted." in refused.json()["error"]


def test_what_a_provider_wants_back_goes_back_to_it_alone(tool_api: ToolApi) -> None:
    thinking = calling(SLOW, fields={"reasoning_content": "Hm."})
    model, other = tool_api.script(thinking, Scenario(text="Done.")), tool_api.script(Scenario(text="Other."))
    thread_id = tool_api.create_thread(model=model)
    tool_api.run(thread_id, content="Do it")
    assert tool_api.call(model).body["messages"][1]["reasoning_content"] == "Hm."
    tool_api.run(thread_id, content="And now?", model=other)
    assert "reasoning_content" not in tool_api.call(other).body["messages"][1]
    tool_api.run(thread_id, content="And now?", model=model)
    assert tool_api.call(model).body["messages"][1]["reasoning_content"] == "Hm."


def test_an_approved_call_is_made_and_its_result_is_told(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo()), Scenario(text="You said hi."))
    thread_id = tool_api.create_thread(model=model)
    run_id, events = tool_api.parked(thread_id, content="Say it")
    asked = next(event for event in events if event["type"] == "tool_call.requires_action")
    assert (asked["kind"], asked["server"], asked["tool"]) == ("approval", "scripted", "echo")
    assert tool_api.messages(thread_id)[1]["status"] == "requires_action"
    decided = tool_api.decide(run_id, "c1", at=tool_api.other, decision="approve")
    assert (decided.status_code, decided.json()["status"]) == (202, "running")
    rest = tool_api.events(run_id, after=events[-1]["seq"])
    assert types_of(rest) == [
        "tool_call.decided", "tool_call.completed", "step.started", "message.delta", "usage", "run.completed",
    ]  # fmt: skip
    seqs = [event["seq"] for event in [*events, *rest]]
    assert seqs == list(range(1, len(seqs) + 1))
    answer = tool_api.messages(thread_id)[1]
    assert (answer["status"], text_of(answer)) == ("completed", "You said hi.")
    assert [part["type"] for part in answer["parts"]] == ["tool_call", "tool_result", "text"]
    assert rest[-2]["input_tokens"] == 10 + 3
    second = tool_api.decide(run_id, "c1", decision="deny")
    assert (second.status_code, second.json()["code"]) == (409, "bad_request")


def test_the_response_that_began_goes_on_after_the_decision(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo()), Scenario(text="You said hi."))
    response = tool_api.start(tool_api.create_thread(model=model), content="Say it")
    lines = (json.loads(line) for line in response.iter_lines() if line)
    events = []
    for event in lines:
        events.append(event)
        if event["type"] == "usage":
            break
    tool_api.decide(response.headers["X-Run-Id"], "c1", decision="approve")
    events += lines
    assert events[-1]["type"] == "run.completed"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_a_denied_call_is_not_made_and_the_model_is_told_why(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo(text="secret")), Scenario(text="Fine."))
    thread_id = tool_api.create_thread(model=model)
    run_id, _ = tool_api.parked(thread_id, content="Say it")
    assert tool_api.decide(run_id, "c1", decision="deny", reason="Not now").status_code == 202
    assert tool_api.events(run_id)[-1]["type"] == "run.completed"
    told = tool_api.call(model).body["messages"][2]["content"]
    assert "denied" in told
    assert "Not now" in told
    call = tool_api.messages(thread_id)[1]["parts"][0]
    assert (call["decision"], call["reason"]) == ("deny", "Not now")
    copied = tool_api.create_thread(messages=tool_api.messages(thread_id))
    assert tool_api.messages(copied)[1]["parts"][0] == call


def test_the_arguments_that_a_person_has_changed_are_those_of_the_call(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo()), Scenario(text="Done."))
    thread_id = tool_api.create_thread(model=model)
    run_id, _ = tool_api.parked(thread_id, content="Say it")
    wrong = tool_api.decide(run_id, "c1", decision="approve", arguments={"text": 5})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_request")
    assert tool_api.decide(run_id, "c1", decision="approve", arguments={"text": "other"}).status_code == 202
    tool_api.events(run_id)
    call, result, _ = tool_api.messages(thread_id)[1]["parts"]
    assert json.loads(call["arguments"]) == {"text": "other"}
    assert result["content"][0]["text"] == "other"


def test_what_is_approved_for_a_thread_is_not_asked_there_again(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo()), Scenario(text="One."), calling(echo("c2")), Scenario(text="Two."))
    thread_id = tool_api.create_thread(model=model)
    run_id, _ = tool_api.parked(thread_id, content="Say it")
    tool_api.decide(run_id, "c1", decision="approve", scope="thread")
    tool_api.events(run_id)
    assert tool_api.run(thread_id, content="Again")[-1]["type"] == "run.completed"
    elsewhere = tool_api.script(calling(echo()), Scenario(text="One."))
    run_id, _ = tool_api.parked(tool_api.create_thread(model=elsewhere), content="Say it")
    tool_api.ask("POST", f"/runs/{run_id}/cancel")


def test_an_approval_for_a_thread_is_taken_back_and_the_tool_asks_again(tool_api: ToolApi) -> None:
    thread_id, other = tool_api.create_thread(), tool_api.create_thread()
    for thread in (thread_id, other):
        model = tool_api.script(calling(echo()), Scenario(text="Yes."))
        run_id, _ = tool_api.parked(thread, content="Say it", model=model)
        tool_api.decide(run_id, "c1", decision="approve", scope="thread")
        tool_api.ended(run_id)
    path, named = f"/threads/{thread_id}/approvals", {"server": "scripted", "tool": "echo"}
    assert tool_api.ask("GET", path, at=tool_api.other).json() == {"approvals": [named]}
    assert tool_api.ask("GET", "/threads/nothing/approvals").status_code == 404
    assert tool_api.ask("DELETE", path, params={"server": "scripted"}).status_code == 400
    assert tool_api.ask("DELETE", "/threads/nothing/approvals", params=named).status_code == 404
    assert tool_api.ask("DELETE", path, params=named).status_code == 204
    assert tool_api.ask("GET", path).json() == {"approvals": []}
    assert tool_api.ask("GET", f"/threads/{other}/approvals").json() == {"approvals": [named]}
    run_id, events = tool_api.parked(thread_id, content="Again", model=tool_api.script(calling(echo())))
    assert events[-2]["type"] == "tool_call.requires_action"
    tool_api.ask("POST", f"/runs/{run_id}/cancel")


def test_one_decision_may_stand_for_all_of_a_step(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo("a", "1"), SLOW, echo("b", "2")), Scenario(text="Both."))
    run_id, events = tool_api.parked(tool_api.create_thread(model=model), content="Say it")
    assert types_of(events)[-5:] == [
        "tool_call.progress", "tool_call.completed", "tool_call.requires_action", "tool_call.requires_action", "usage",
    ]  # fmt: skip
    tool_api.decide(run_id, "a", decision="approve", scope="step")
    rest = tool_api.events(run_id, after=events[-1]["seq"])
    assert types_of(rest)[:4] == ["tool_call.decided"] * 2 + ["tool_call.completed"] * 2


def test_a_run_waits_until_everything_is_decided(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo("a", "1"), echo("b", "2")), Scenario(text="Both."))
    run_id, _ = tool_api.parked(tool_api.create_thread(model=model), content="Say it")
    assert tool_api.decide(run_id, "a", decision="approve").json()["status"] == "requires_action"
    assert tool_api.decide(run_id, "a", at=tool_api.other, decision="deny").status_code == 409
    assert tool_api.decide(run_id, "b", at=tool_api.other, decision="deny").json()["status"] == "running"
    results = [event for event in tool_api.events(run_id) if event["type"] == "tool_call.completed"]
    assert {event["tool_call_id"]: event["is_error"] for event in results} == {"a": False, "b": True}


def test_a_waiting_run_is_cancelled_at_once_and_nothing_is_left_to_decide(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo(), text="Let me."))
    thread_id = tool_api.create_thread(model=model)
    run_id, _ = tool_api.parked(thread_id, content="Say it")
    assert tool_api.start(thread_id, content="Another").status_code == 409
    cancelled = tool_api.ask("POST", f"/runs/{run_id}/cancel", at=tool_api.other)
    assert cancelled.json()["status"] == "cancelled"
    assert tool_api.events(run_id)[-1]["type"] == "run.cancelled"
    assert tool_api.decide(run_id, "c1", decision="approve").status_code == 409
    answer = tool_api.messages(thread_id)[1]
    assert (answer["status"], text_of(answer)) == ("cancelled", "Let me.")


def test_what_nobody_asks_about_cannot_be_decided(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(echo("c/1")))
    run_id, _ = tool_api.parked(tool_api.create_thread(model=model), content="Say it")
    assert tool_api.decide(run_id, "c9", decision="approve").status_code == 404
    assert tool_api.decide("nothing", "c1", decision="approve").status_code == 404
    assert tool_api.decide(run_id, "c%2F1", decision="maybe").status_code == 400
    assert tool_api.decide(run_id, "c%2F1", decision="approve", scope="ever").status_code == 400
    assert tool_api.decide(run_id, "c%2F1", decision="approve", reason="x").status_code == 400
    assert tool_api.decide(run_id, "c%2F1", decision="deny", arguments={}).status_code == 400
    assert tool_api.decide(run_id, "c%2F1", decision="deny").status_code == 202


def test_a_stream_offers_what_it_names_and_needs_no_asking(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(SLOW), Scenario(text="Done."))
    body = {"model": model, "messages": [{"role": "user", "content": "Do it"}]}
    assert tool_api.ask("POST", "/stream", json=body).text == ""
    assert "tools" not in tool_api.call(model).body
    model = tool_api.script(calling(SLOW), Scenario(text="Done."))
    answered = tool_api.ask("POST", "/stream", json={**body, "model": model, "tools": ["scripted"]})
    assert answered.text == "Done."
    told = [tool["function"]["name"] for tool in tool_api.call(model).body["tools"]]
    assert "scripted__slow" in told
    assert "scripted__echo" not in told
    assert tool_api.ask("POST", "/stream", json={**body, "tools": ["files"]}).status_code == 404


def test_a_tool_is_called_by_hand_without_a_model(tool_api: ToolApi) -> None:
    model = tool_api.script()
    thread_id = tool_api.create_thread(model=model)
    events = tool_api.run(thread_id, content="/tool large", tool={"name": "large", "arguments": {"chars": 2}})
    assert types_of(events) == ["run.started", "tool_call.started", "tool_call.completed", "usage", "run.completed"]
    assert (events[2]["content"][0], events[3]["output_tokens"]) == ({"type": "text", "text": "xx"}, 0)
    run_id, _ = tool_api.parked(
        thread_id, content="/tool echo", tool={"name": "scripted/echo", "arguments": {"text": "a"}}
    )
    tool_api.decide(run_id, "call_by_hand", at=tool_api.other, decision="approve")
    assert types_of(tool_api.events(run_id))[-4:] == [
        "tool_call.decided", "tool_call.completed", "usage", "run.completed",
    ]  # fmt: skip
    assert tool_api.provider.calls(model) == []
    for tool, sentence in (
        ({"name": "nothing"}, "There is no tool 'nothing' now: scripted/echo"),
        ({"name": "large", "arguments": {"chars": "two"}}, "do not fit the tool"),
        ({"arguments": {}}, "tool.name is missing"),
    ):
        refused = tool_api.start(thread_id, content="x", tool=tool)
        assert refused.status_code == (404 if tool.get("name") == "nothing" else 400)
        assert sentence in refused.json()["error"]


def invite(call_id: str = "i1") -> tuple[str, str, str]:
    return (call_id, "scripted__invite", '{"day": "Friday"}')


def test_what_a_server_asks_is_put_to_the_person_and_goes_back(tool_api: ToolApi) -> None:
    model = tool_api.script(calling(invite()), Scenario(text="Invited."))
    thread_id = tool_api.create_thread(model=model)
    run_id, _ = tool_api.parked(thread_id, content="Invite somebody")
    tool_api.decide(run_id, "i1", decision="approve", arguments={"day": "Sunday"})
    wait_for(partial(is_waiting, tool_api, run_id), what="the server's question")
    asked = [event for event in replay(tool_api, run_id) if event["type"] == "tool_call.requires_action"][-1]
    (question,) = asked["questions"]
    assert (asked["kind"], question["mode"], question["message"]) == ("form", "form", "Who comes?")
    assert set(question["schema"]["properties"]) == {"name", "age", "wine"}
    for wrong, sentence in (
        ({"decision": "approve"}, "answer or deny"),
        ({"decision": "answer", "content": {"age": 5}}, "'name' is a required property"),
        ({"decision": "answer", "content": {"name": "Ann", "age": -1}}, "less than the minimum"),
        ({"decision": "answer", "answers": {"other": {"action": "accept"}}}, "answers has to answer each of"),
        ({"decision": "answer"}, "answered with content"),
    ):
        refused = tool_api.decide(run_id, "i1", **wrong)
        assert refused.status_code == 400, wrong
        assert sentence in refused.json()["error"]
    answered = tool_api.decide(run_id, "i1", at=tool_api.other, decision="answer", content={"name": "Ann", "age": 41})
    assert answered.status_code == 202, answered.text
    assert tool_api.events(run_id)[-1]["type"] == "run.completed"
    call, result, _ = tool_api.messages(thread_id)[1]["parts"]
    assert result["content"][0]["text"] == "Ann (41) comes on Sunday, wine: True"
    assert json.loads(call["arguments"]) == {"day": "Sunday"}


def test_a_question_of_a_server_is_declined(tool_api: ToolApi) -> None:
    for decision, said in (
        ({"decision": "deny"}, "nobody comes on Friday: decline"),
        ({"decision": "answer", "answers": {"{key}": {"action": "cancel"}}}, "nobody comes on Friday: cancel"),
    ):
        model = tool_api.script(calling(invite()), Scenario(text="Nobody."))
        run_id, _ = tool_api.parked(tool_api.create_thread(model=model), content="Invite somebody")
        tool_api.decide(run_id, "i1", decision="approve")
        wait_for(partial(is_waiting, tool_api, run_id), what="the server's question")
        asked = [event for event in replay(tool_api, run_id) if event["type"] == "tool_call.requires_action"][-1]
        text = json.dumps(decision).replace("{key}", asked["questions"][0]["key"])
        assert tool_api.decide(run_id, "i1", **json.loads(text)).status_code == 202
        (result,) = [event for event in tool_api.events(run_id) if event["type"] == "tool_call.completed"]
        assert said in result["content"][0]["text"]


def is_waiting(tool_api: ToolApi, run_id: str) -> bool:
    return tool_api.status(run_id) == "requires_action"


def replay(tool_api: ToolApi, run_id: str) -> list[dict[str, Any]]:
    """Read what the log has now."""
    events = []
    with tool_api.ask(
        "GET", f"/runs/{run_id}/events", headers={"Accept": "application/x-ndjson"}, stream=True
    ) as response:
        for line in response.iter_lines():
            if not line:
                break
            events.append(json.loads(line))
    return events
