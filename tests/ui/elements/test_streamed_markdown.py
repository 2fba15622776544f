"""When the element draws, seen from Python; tests/e2e/test_streamed_markdown.py looks at the same in a browser."""

from collections.abc import AsyncIterator

import pytest
from nicegui import ui
from nicegui.testing import user_simulation

from tests.support.scripted_loop import ScriptedLoop
from ui.elements.frame_pacer import FramePacer
from ui.elements.streamed_markdown import AWAY_SECONDS, EARLY_SECONDS, FRAME_SECONDS, StreamedMarkdown
from ui.markdown.drawing import Shown


@pytest.fixture
def loop() -> ScriptedLoop:
    return ScriptedLoop()


@pytest.fixture
async def element(loop: ScriptedLoop) -> AsyncIterator[StreamedMarkdown]:
    elements: list[StreamedMarkdown] = []
    async with user_simulation() as user:

        @ui.page("/")
        def page() -> None:
            elements.append(StreamedMarkdown(pacer=FramePacer(loop)))

        await user.open("/")
        yield elements[-1]


def shown(element: StreamedMarkdown) -> Shown:
    found = element.props["shown"]
    assert isinstance(found, Shown)
    return found


async def test_many_pieces_go_out_in_few_frames(element: StreamedMarkdown, loop: ScriptedLoop) -> None:
    for number in range(500):
        element.append(f"{number} ")
    loop.run()
    element.finish()
    assert shown(element).seq <= 2
    assert element.text == "".join(f"{number} " for number in range(500))


async def test_the_first_piece_is_drawn_at_once_and_the_next_waits_its_turn(
    element: StreamedMarkdown, loop: ScriptedLoop
) -> None:
    element.append("one")
    loop.run()
    assert shown(element).units == ["0<p>one"]
    element.append(" two")
    loop.run(0.9 * FRAME_SECONDS)
    assert shown(element).seq == 1
    loop.run(0.2 * FRAME_SECONDS)
    assert shown(element).units == ["0<p>one two"]


async def test_text_that_comes_just_before_a_frame_is_due_goes_out_at_once(
    element: StreamedMarkdown, loop: ScriptedLoop
) -> None:
    element.append("one")
    loop.run()
    element.append(" two")
    loop.run(FRAME_SECONDS - 0.8 * EARLY_SECONDS)
    element.append(" three")
    loop.run()
    assert shown(element).units == ["0<p>one two three"]
    loop.run(1.0)
    assert shown(element).seq == 2


async def test_finish_draws_what_is_left_literally_and_only_once(element: StreamedMarkdown, loop: ScriptedLoop) -> None:
    element.append("a **b")
    loop.run()
    element.finish()
    element.finish()
    assert shown(element) == Shown(2, ["0<p>a **b"], is_complete=True)
    with pytest.raises(RuntimeError, match="finished"):
        element.append("c")


async def test_a_finished_text_is_complete_when_the_page_is_built(element: StreamedMarkdown) -> None:
    with element.client:
        whole = StreamedMarkdown("# a\n\nb")
    assert whole.text == "# a\n\nb"
    assert shown(whole).units == ["0<h1>a", "0<p>b"]
    assert shown(whole).is_complete


async def test_nothing_is_drawn_while_no_browser_is_connected(element: StreamedMarkdown, loop: ScriptedLoop) -> None:
    tab, element.client.tab_id = element.client.tab_id, None
    element.append("a")
    loop.run(10 * AWAY_SECONDS)
    assert shown(element).seq == 0
    element.client.tab_id = tab
    loop.run(AWAY_SECONDS)
    assert shown(element).seq == 1


async def test_a_deleted_element_draws_nothing_more(element: StreamedMarkdown, loop: ScriptedLoop) -> None:
    element.append("a")
    element.delete()
    loop.run(1.0)
    assert shown(element).seq == 0
    element.finish()


async def test_a_text_with_a_long_open_block_is_drawn_less_often(element: StreamedMarkdown, loop: ScriptedLoop) -> None:
    element.append("- item\n" + "  text of one item\n\n" * 550)
    loop.run(10.0)
    drawn = shown(element).seq
    element.append("more")
    loop.run()
    element.append("again")
    loop.run(1.2 * FRAME_SECONDS)
    assert shown(element).seq == drawn + 1
    loop.run(FRAME_SECONDS)
    assert shown(element).seq == drawn + 2


async def test_much_text_is_drawn_in_slices(element: StreamedMarkdown, loop: ScriptedLoop) -> None:
    with element.client:
        whole = StreamedMarkdown("some words\n\n" * 2000, pacer=FramePacer(loop))
    assert not shown(whole).is_complete
    loop.run(60.0)
    assert shown(whole).is_complete
    assert shown(whole).seq > 20
    assert len(shown(whole).units) == 2000
