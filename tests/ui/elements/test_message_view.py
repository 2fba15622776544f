from collections.abc import AsyncIterator, Callable

import pytest
from nicegui import ui
from nicegui.testing import user_simulation

from ui import texts
from ui.elements.decision_card import DecisionCard
from ui.elements.message_view import AnswerView
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.elements.tag import Tag
from ui.messages import Message, Progress, Status, ToolDecision
from ui.parts import TextPart, ToolCallPart, ToolResult


class NoActions:
    def edit(self, message: Message, text: str) -> bool:
        return False

    def answer_again(self, answer: Message) -> None: ...

    def go_on(self, answer: Message) -> None: ...

    def choose(self, message: Message) -> None: ...

    def decide(
        self, answer: Message, call: ToolCallPart, decision: ToolDecision, say: Callable[[str], object]
    ) -> None: ...


@pytest.fixture
async def view() -> AsyncIterator[AnswerView]:
    views: list[AnswerView] = []
    parts = [
        TextPart(["Let me see."]),
        ToolCallPart("c", "search", "{}"),
        ToolCallPart("d", "read", "{}"),
        TextPart([" It is"]),
    ]
    async with user_simulation() as user:

        @ui.page("/")
        def page() -> None:
            message = Message("m", "q", "assistant", parts, Status.RUNNING, progress=Progress())
            views.append(AnswerView(message, NoActions()))

        await user.open("/")
        yield views[-1]


def shown(view: AnswerView) -> list[str]:
    view.refresh([view.message])
    return [e.text for e in view.descendants() if isinstance(e, StreamedMarkdown)]


async def test_a_part_that_has_changed_is_shown_wherever_it_stands(view: AnswerView) -> None:
    assert shown(view) == ["Let me see.", " It is"]
    first = view.message.parts[0]
    assert isinstance(first, TextPart)
    first.append(" Well.")
    assert shown(view) == ["Let me see. Well.", " It is"]


def lines(view: AnswerView) -> list[str]:
    view.refresh([view.message])
    return [e.text for e in view.descendants() if isinstance(e, Tag) and "tool-state" in e.classes]


async def test_a_call_says_how_it_stands(view: AnswerView) -> None:
    assert lines(view) == [texts.TOOL_PENDING] * 2
    first, second = (part for part in view.message.parts if isinstance(part, ToolCallPart))
    first.result, first.version = ToolResult([], is_error=False, duration_ms=1234), 1
    second.expires_at, second.version = 5.0, 1
    assert lines(view) == [texts.TOOL_TOOK.format(seconds="1.2"), texts.TOOL_WAITS]
    assert len([e for e in view.descendants() if isinstance(e, DecisionCard)]) == 1
    second.expires_at, second.decision, second.version = None, "deny", 2
    second.result = ToolResult([], is_error=True)
    assert lines(view)[1] == texts.TOOL_DENIED
    assert not [e for e in view.descendants() if isinstance(e, DecisionCard)]


async def test_a_call_that_waits_when_its_run_ends_waits_no_more(view: AnswerView) -> None:
    call = next(part for part in view.message.parts if isinstance(part, ToolCallPart))
    call.expires_at, call.version = 5.0, 1
    assert texts.TOOL_WAITS in lines(view)
    view.message.status = Status.CANCELLED
    assert lines(view) == [texts.TOOL_UNFINISHED] * 2
    assert not [e for e in view.descendants() if isinstance(e, DecisionCard)]
