"""A page with Decant's element alone: `python -m tests.bench.page.decant PORT`."""

import sys

from nicegui import app, background_tasks, ui

from tests.bench.page.baselines.pace import chunks_async
from ui.elements.streamed_markdown import StreamedMarkdown


async def stream(element: StreamedMarkdown, number: int) -> None:
    """Show the answer as it comes."""
    await element.client.connected()
    async for chunk in chunks_async(number):
        element.append(chunk)
    element.finish()


def serve(port: int) -> None:
    """Serve the page."""

    @ui.page("/")
    def page(stream_number: int = 0) -> None:
        ui.query(".nicegui-content").style("max-width: 48rem; margin: auto")
        background_tasks.create(stream(StreamedMarkdown(), stream_number))

    @app.get("/health")
    def health() -> str:
        return "ok"

    ui.run(host="127.0.0.1", port=port, show=False, reload=False, tailwind=False, reconnect_timeout=30)


if __name__ in {"__main__", "__mp_main__"}:
    serve(int(sys.argv[1]))
