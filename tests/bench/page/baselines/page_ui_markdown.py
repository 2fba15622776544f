"""Baseline: NiceGUI's own `ui.markdown`, set to the whole text with every chunk."""

import sys

from nicegui import app, background_tasks, ui
from pace import chunks_async


async def stream(element: ui.markdown, number: int) -> None:
    await element.client.connected()
    text = ""
    async for chunk in chunks_async(number):
        text += chunk
        element.set_content(text)


@ui.page("/")
def page(stream_number: int = 0) -> None:
    ui.query(".nicegui-content").style("max-width: 48rem; margin: auto")
    background_tasks.create(stream(ui.markdown(), stream_number))


@app.get("/health")
def health() -> str:
    return "ok"


ui.run(host="127.0.0.1", port=int(sys.argv[1]), show=False, reload=False, tailwind=False, reconnect_timeout=30)
