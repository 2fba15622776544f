"""When the element draws, seen from Python; tests/e2e/test_streamed_markdown.py looks at the same in a browser."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from nicegui import ui
from nicegui.testing import user_simulation

from ui.elements.streamed_markdown import EARLY_SECONDS, StreamedMarkdown
from ui.markdown.drawing import Shown


@pytest.fixture
async def element() -> AsyncIterator[StreamedMarkdown]:
    elements: list[StreamedMarkdown] = []
    async with user_simulation() as user:

        @ui.page("/")
        def page() -> None:
            elements.append(StreamedMarkdown())

        await user.open("/")
        yield elements[-1]


def shown(element: StreamedMarkdown) -> Shown:
    found = element.props["shown"]
    assert isinstance(found, Shown)
    return found


async def drawn(element: StreamedMarkdown, seq: int) -> None:
    """Wait until this many frames have been drawn."""
    for _ in range(200):
        if shown(element).seq >= seq:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(shown(element))


async def test_many_pieces_go_out_in_few_frames(element: StreamedMarkdown) -> None:
    for number in range(500):
        element.append(f"{number} ")
    await drawn(element, 1)
    element.finish()
    assert shown(element).seq <= 2
    assert element.text == "".join(f"{number} " for number in range(500))


async def test_the_first_piece_is_drawn_at_once_and_the_next_waits_its_turn(element: StreamedMarkdown) -> None:
    element.append("one")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert shown(element).units == ["0<p>one"]
    started = time.perf_counter()
    element.append(" two")
    await drawn(element, 2)
    assert time.perf_counter() - started > 0.03


async def test_text_that_comes_just_before_a_frame_is_due_goes_out_at_once(element: StreamedMarkdown) -> None:
    element.append("one")
    await drawn(element, 1)
    element.append(" two")
    element._next_frame = time.perf_counter() + 0.8 * EARLY_SECONDS
    element.append(" three")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert shown(element).units == ["0<p>one two three"]
    assert element._timer is None


async def test_finish_draws_what_is_left_literally_and_only_once(element: StreamedMarkdown) -> None:
    element.append("a **b")
    await drawn(element, 1)
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


async def test_nothing_is_drawn_while_no_browser_is_connected(element: StreamedMarkdown) -> None:
    tab, element.client.tab_id = element.client.tab_id, None
    element.append("a")
    await asyncio.sleep(0.1)
    assert shown(element).seq == 0
    element.client.tab_id = tab
    await drawn(element, 1)


async def test_a_deleted_element_draws_nothing_more(element: StreamedMarkdown) -> None:
    element.append("a")
    element.delete()
    await asyncio.sleep(0.1)
    assert shown(element).seq == 0
    element.finish()


async def test_a_text_that_cannot_be_cut_is_drawn_less_often(element: StreamedMarkdown) -> None:
    element.append("- item\n" + "  text of one item\n\n" * 3000)
    await drawn(element, 1)
    assert element._next_frame - time.perf_counter() > 0.1
