"""What a server of the older generation asks while its calls are open: a real process, and the hub."""

import asyncio
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp.types import ElicitRequestFormParams

from api.tool_calls import CallKey, Given, ToolAnswer
from api.tools.hub import ToolHub
from api.tools.open_calls import MOST_KEPT, OpenCalls
from api.tools.servers import McpServer
from api.tools.silence import Silence
from tests.support.processes import ROOT, WAIT_SECONDS, wait_for

MODULE = "tests.support.older_tool_server"


class Asking:
    """A hub with the older server, and calls of runs."""

    def __init__(self, notes: Path, silence_seconds: float = 60, keep_seconds: float = 600) -> None:
        self.notes = notes
        environment = {"NOTE": str(notes)}
        server = McpServer(
            "o",
            command=sys.executable,
            args=("-m", MODULE),
            env=environment,
            cwd=str(ROOT),
            silence_seconds=silence_seconds,
        )
        self.hub = ToolHub((server,), keep_seconds)
        self.hub.start()
        wait_for(lambda: self.hub.servers()[0].status == "ready", what=f"the server: {self.hub.servers()}")

    def start(
        self, tool: str, text: str = "", run_id: str = "r", call_id: str = "c", given: Given | None = None
    ) -> "Future[ToolAnswer]":
        found = next(offered for offered in self.hub.offered() if offered.name == tool)
        return self.hub.call(found, {"text": text}, lambda *_: None, given, CallKey(run_id, call_id))

    def call(self, *asked: Any, **fields: Any) -> ToolAnswer:
        return self.start(*asked, **fields).result(WAIT_SECONDS)

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines()


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    asking = Asking(tmp_path / "notes")
    yield asking
    asking.hub.close()


def given(content: dict[str, Any] | None = None, action: str = "accept") -> Given:
    return Given({"question": {"action": action, **({"content": content} if content else {})}}, None, is_open=True)


def text_of(answer: ToolAnswer) -> Any:
    return json.loads(str(answer.content[0]["text"]))


def test_a_question_leaves_the_call_open_and_the_answer_lets_it_go_on(asking: Asking) -> None:
    asked = asking.call("ask", "Friday")
    (question,) = asked.questions
    assert (asked.is_open, question.mode, question.message) == (True, "form", "Who comes on Friday?")
    assert question.schema is not None
    assert set(question.schema["properties"]) == {"name", "age"}
    answered = asking.call("ask", given=given({"name": "Ann", "age": 41}))
    assert text_of(answered) == {"action": "accept", "content": {"name": "Ann", "age": 41}}
    assert asking.noted()[1:] == ["ask Friday", f"answered {answered.content[0]['text']}"]
    assert asking.call("ask", given=given({"name": "Ann"})).is_error


def test_a_call_asks_twice_the_second_time_for_an_address(asking: Asking) -> None:
    asking.call("ask_twice")
    asked = asking.call("ask_twice", given=given(action="decline"))
    (question,) = asked.questions
    assert (question.mode, question.url) == ("url", "https://example.com/sign-in")
    first, second, _ = text_of(asking.call("ask_twice", given=given()))
    assert (first["action"], second["action"]) == ("decline", "accept")


NOT_ASKED = {"error": "The person cannot be asked this now."}


def test_a_question_that_nobody_could_answer_is_refused_at_once(asking: Asking) -> None:
    assert text_of(asking.call("ask_too_much")) == NOT_ASKED


def test_questions_wait_until_it_is_clear_whose_they_are(asking: Asking) -> None:
    waiting = asking.start("wait", "1", call_id="w")
    asked = asking.start("ask", "Friday", call_id="a")
    assert asked.result(WAIT_SECONDS).questions
    assert waiting.done()
    both = [asking.start("ask", day, call_id=day) for day in ("Saturday", "Sunday")]
    messages = {call.result(WAIT_SECONDS).questions[0].message for call in both}
    assert messages == {"Who comes on Saturday?", "Who comes on Sunday?"}
    # Each may have the other's question, so both go on together, as those of a run do.
    ends = [asking.start("ask", call_id=day, given=given({"name": "Ann"})) for day in ("Saturday", "Sunday")]
    assert [text_of(end.result(WAIT_SECONDS))["action"] for end in ends] == ["accept", "accept"]
    assert not asking.call("ask", call_id="a", given=given(action="cancel")).is_error


def test_nobody_is_asked_what_may_be_the_question_of_another_run(asking: Asking) -> None:
    both = [asking.start("ask", "Friday", run_id=run_id) for run_id in ("r1", "r2")]
    assert [text_of(call.result(WAIT_SECONDS)) for call in both] == [NOT_ASKED, NOT_ASKED]


def test_only_so_many_calls_wait(asking: Asking) -> None:
    for number in range(MOST_KEPT):
        assert asking.call("ask", call_id=str(number)).questions
    assert text_of(asking.call("ask", call_id="more")) == NOT_ASKED


def test_a_person_thinks_longer_than_the_server_may_be_silent(tmp_path: Path) -> None:
    asking = Asking(tmp_path / "notes", silence_seconds=0.5)
    asking.call("ask", "Friday")
    with pytest.raises(TimeoutError):
        asking.start("wait", "5", call_id="w").result(0.1)
    wait_for(lambda: "cancelled" in asking.noted(), what="the call that is silent")
    assert not asking.call("ask", given=given({"name": "Ann"})).is_error
    asking.hub.close()


def test_a_call_that_waits_is_cancelled_when_its_run_is_over_or_the_time_is(tmp_path: Path) -> None:
    asking = Asking(tmp_path / "notes", keep_seconds=2)
    asking.call("ask", "Friday", run_id="r1")
    asking.hub.forget("r2")
    asking.hub.forget("r1")
    wait_for(lambda: asking.noted().count("cancelled") == 1, what="the forgotten call")
    asking.call("ask", "Sunday", run_id="r3")
    wait_for(lambda: asking.noted().count("cancelled") == 2, what="the call that is kept no longer")
    assert "not open any more" in str(asking.call("ask", run_id="r3", given=given()).content)
    asking.hub.close()


CONTEXT: Any = None  # Nobody looks at it.
QUESTION = ElicitRequestFormParams(message="Who?", requested_schema={"type": "object", "properties": {}})


async def until_told(told: asyncio.Event, _silence: Silence) -> ToolAnswer:
    await told.wait()
    return ToolAnswer(({"type": "text", "text": "done"},))


async def asked_and_withdrawn(calls: OpenCalls, told: asyncio.Event) -> ToolAnswer:
    """Begin a call, ask within it and take the question back before anybody has seen it."""
    call = asyncio.create_task(calls.make(CallKey("r", "c"), partial(until_told, told)))
    await asyncio.sleep(0.01)
    asking = asyncio.create_task(calls.ask(CONTEXT, QUESTION))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.sleep(0.01)
    told.set()
    return await call


def test_a_question_that_is_taken_back_at_once_ends_no_call() -> None:
    answer = asyncio.run(asked_and_withdrawn(OpenCalls(60, 60), asyncio.Event()))
    assert answer.content[0]["text"] == "done"


def test_a_question_that_is_taken_back_among_others_leaves_them(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> ToolAnswer:
        calls, told = OpenCalls(60, 60), {run_id: asyncio.Event() for run_id in "abc"}
        made = {
            run_id: asyncio.create_task(calls.make(CallKey(run_id, "c"), partial(until_told, told[run_id])))
            for run_id in told
        }
        await asyncio.sleep(0.01)
        withdrawn, _ = [asyncio.create_task(calls.ask(CONTEXT, QUESTION)) for _ in range(2)]
        await asyncio.sleep(0.01)
        told["a"].set()
        await asyncio.sleep(0)
        # Before its own task has seen that, the end of the call has the questions looked at.
        withdrawn.cancel()
        await made["a"]
        told["b"].set()
        answer = await made["c"]
        calls.forget("c")
        return answer

    assert asyncio.run(play()).is_open
    assert caplog.records == []
