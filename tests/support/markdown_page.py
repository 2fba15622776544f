"""A page with StreamedMarkdown alone, fed over HTTP: `python -m tests.support.markdown_page PORT [--policy]`.

With `--policy` it has the security headers of the product's pages.
"""

import asyncio
import sys
from typing import Any

from fastapi import Request
from fastapi.responses import PlainTextResponse
from nicegui import app, ui

from ui.elements.streamed_markdown import StreamedMarkdown
from ui.pages import remote_image
from ui.security import SecurityHeaders


class Stage:
    """The elements of the page that was opened last."""

    def __init__(self) -> None:
        self.element: Any = None
        self.places: dict[str, ui.element] = {}

    def build(self, place: str, early: int) -> None:
        """Lay out the page; `place` puts the element inside something closed, `early` writes before anybody sees it."""
        ui.query(".nicegui-content").style("max-width: 48rem; margin: auto")
        with ui.dialog() as dialog, ui.card() as card:
            pass
        with ui.tabs() as tabs:
            ui.tab("one")
            ui.tab("two")
        with ui.tab_panels(tabs, value="one", animated=False, keep_alive=False) as panels:
            with ui.tab_panel("one"):
                ui.label("first")
            with ui.tab_panel("two") as panel:
                pass
        column = ui.column().style("width: 100%")
        self.places = {"dialog": card, "tab": panel, "column": column, "opened": dialog, "panels": panels}
        with self.places.get(place, column):
            self.element = StreamedMarkdown()
        for number in range(early):
            self.element.append(f"{number} ")


def main(port: int, *, has_policy: bool = False) -> None:
    """Serve the page and the ways to drive it."""
    stage = Stage()
    if has_policy:
        app.add_middleware(SecurityHeaders)

    @ui.page("/")
    def page(place: str = "", early: int = 0, dark: bool = False) -> None:
        ui.dark_mode(dark)
        stage.build(place, early)

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.post("/append")
    async def append(request: Request) -> None:
        stage.element.append((await request.body()).decode())

    @app.post("/frames")
    async def frames(request: Request) -> None:
        """Stream the pieces of each text in a frame of their own, all texts side by side."""
        texts = await request.json()
        stage.places["column"].clear()
        with stage.places["column"]:
            elements = [StreamedMarkdown() for _ in texts]
        for turn in range(max(map(len, texts))):
            for element, pieces in zip(elements, texts, strict=True):
                if turn < len(pieces):
                    element.append(pieces[turn])
                    element._draw()
            await asyncio.sleep(0)
        for element in elements:
            element.finish()
        await complete(elements)
        stage.element = elements[-1]
        stage.element.client.run_javascript(f"window.drawn = {len(texts)}")

    @app.post("/finish")
    async def finish() -> None:
        stage.element.finish()

    @app.post("/replace")
    async def replace(request: Request) -> None:
        """Put one new element for each text of a list in the place of what was there."""
        texts = await request.json()
        stage.places["column"].clear()
        with stage.places["column"]:
            elements = [StreamedMarkdown(text) for text in texts]
        stage.element = elements[-1]
        await complete(elements)

    @app.post("/new")
    async def new() -> None:
        with stage.places["column"]:
            stage.element = StreamedMarkdown()

    @app.post("/move")
    async def move() -> None:
        with stage.places["column"]:
            card = ui.card()
        stage.element.move(card)

    @app.post("/show")
    async def show() -> None:
        stage.places["opened"].open()
        stage.places["panels"].set_value("two")

    @app.get("/seqs")
    async def seqs() -> list[int]:
        elements = stage.element.client.elements.values()
        return [element.props["shown"].seq for element in elements if isinstance(element, StreamedMarkdown)]

    @app.get("/text", response_class=PlainTextResponse)
    async def text() -> str:
        return stage.element.text

    remote_image.register()
    ui.run(host="127.0.0.1", port=port, show=False, reload=False, tailwind=False, workers=1, reconnect_timeout=10)


async def complete(elements: list[StreamedMarkdown]) -> None:
    """Wait until all of the texts has been sent."""
    async with asyncio.timeout(60):
        while not all(element.props["shown"].is_complete for element in elements):
            await asyncio.sleep(0.01)


if __name__ in {"__main__", "__mp_main__"}:
    main(int(sys.argv[1]), has_policy="--policy" in sys.argv)
