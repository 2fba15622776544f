"""Whatever a model or an import says, no turn of the page's loop takes longer than 50 ms."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest
from nicegui import ui
from nicegui.testing import user_simulation

from tests.support.hostile_texts import HOSTILE
from tests.support.loop_watch import allowed_seconds, watched_loop
from ui.elements.streamed_markdown import StreamedMarkdown


@pytest.fixture
async def place() -> AsyncIterator[ui.element]:
    places: list[ui.element] = []
    async with user_simulation() as user:

        @ui.page("/")
        def page() -> None:
            places.append(ui.element())

        await user.open("/")
        yield places[-1]


async def drawn(element: StreamedMarkdown) -> None:
    async with asyncio.timeout(60):
        while not element.props["shown"].is_complete:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_text_stored_or_streamed_holds_the_loop_for_a_moment_only(name: str, place: ui.element) -> None:
    text = HOSTILE[name]
    gc.collect()
    gc.freeze()
    with watched_loop() as holds:
        with place:
            stored, streamed = StreamedMarkdown(text), StreamedMarkdown()
        for start in range(0, min(len(text), 12_000), 400):
            streamed.append(text[start : start + 400])
            await asyncio.sleep(0)
        streamed.finish()
        await drawn(streamed)
        await drawn(stored)
    gc.unfreeze()
    second = sorted(holds.found)[-2:-1] or [(0.0, "")]
    assert second[0][0] < allowed_seconds(), holds.longest
    assert holds.longest[0] < 3 * allowed_seconds(), holds.longest
