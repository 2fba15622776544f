from collections.abc import AsyncIterator

import pytest
from nicegui import ui
from nicegui.testing import user_simulation

from ui import texts
from ui.elements.message_view import AnswerView
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.elements.tag import Tag
from ui.messages import Message, Progress, Status
from ui.parts import TextPart, ToolCallPart, ToolResultPart


class NoActions:
    def edit(self, message: Message, text: str) -> bool:
        return False

    def answer_again(self, answer: Message) -> None: ...

    def go_on(self, answer: Message) -> None: ...

    def choose(self, message: Message) -> None: ...


@pytest.fixture
async def view() -> AsyncIterator[AnswerView]:
    views: list[AnswerView] = []
    parts = [
        TextPart(["Let me see."]),
        ToolCallPart("c", "search", "{}"),
        ToolResultPart("c", "Found.", is_error=False),
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


async def test_tools_are_told_by_their_calls_and_their_results_not_at_all(view: AnswerView) -> None:
    view.message.parts.append(ToolResultPart("d", "Read.", is_error=False))
    view.message.parts.append(TextPart([" so."]))
    assert shown(view) == ["Let me see.", " It is", " so."]
    lines = [e.text for e in view.descendants() if isinstance(e, Tag) and "Calls" in e.text]
    assert lines == [texts.TOOL_CALL.format(name=name) for name in ("search", "read")]
