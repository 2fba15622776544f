"""A page with StreamedMarkdown alone, fed over HTTP: `python -m tests.e2e.markdown_page PORT`."""

import sys
from typing import Any

from fastapi import Request
from fastapi.responses import PlainTextResponse
from nicegui import app, ui

from ui.elements.streamed_markdown import StreamedMarkdown


class Bench:
    """The elements of the page that was opened last."""

    def __init__(self) -> None:
        self.element: Any = None
        self.places: dict[str, ui.element] = {}

    def build(self, place: str = "") -> None:
        """Lay out the page; the element is created at once or, with `?place=`, inside something that is closed."""
        ui.query(".nicegui-content").classes("max-w-3xl mx-auto w-full")
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
        column = ui.column().classes("w-full")
        self.places = {"dialog": card, "tab": panel, "column": column, "opened": dialog, "panels": panels}
        with self.places.get(place, column):
            self.element = StreamedMarkdown()


def main(port: int) -> None:
    """Serve the page and the ways to drive it."""
    bench = Bench()

    @ui.page("/")
    def page(place: str = "", dark: bool = False) -> None:
        ui.dark_mode(dark)
        bench.build(place)

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.post("/append")
    async def append(request: Request) -> None:
        bench.element.append((await request.body()).decode())

    @app.post("/append_each")
    async def append_each(request: Request) -> None:
        for piece in await request.json():
            bench.element.append(piece)

    @app.post("/finish")
    async def finish() -> None:
        bench.element.finish()

    @app.post("/replace")
    async def replace(request: Request) -> None:
        """Put one new element per text of a list in the place of what was there; `finish` says how it comes."""
        texts = await request.json()
        bench.places["column"].clear()
        with bench.places["column"]:
            for text in texts:
                bench.element = StreamedMarkdown(text)

    @app.post("/new")
    async def new() -> None:
        with bench.places["column"]:
            bench.element = StreamedMarkdown()

    @app.post("/move")
    async def move() -> None:
        with bench.places["column"]:
            card = ui.card()
        bench.element.move(card)

    @app.post("/show")
    async def show() -> None:
        bench.places["opened"].open()
        bench.places["panels"].set_value("two")

    @app.get("/text", response_class=PlainTextResponse)
    async def text() -> str:
        return bench.element.text

    @app.get("/html", response_class=PlainTextResponse)
    async def html() -> str:
        return "".join(unit[1:] for unit in bench.element._shown.units)

    ui.run(host="127.0.0.1", port=port, show=False, reload=False, workers=1, reconnect_timeout=10)


if __name__ in {"__main__", "__mp_main__"}:
    main(int(sys.argv[1]))
