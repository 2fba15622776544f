"""One image of another site, in a document of its own: no other document of the page may load it.

A text that a model wrote can say the page's secrets to whoever serves an image. So nothing loads one by being shown:
a click makes a frame, whose address only the page's script knows, because it names the open page.
"""

import html
from urllib.parse import urlsplit

from nicegui import Client, app
from starlette.responses import HTMLResponse, PlainTextResponse, Response

PAGE = """<!doctype html>
<meta name="color-scheme" content="light dark">
<style>
html, body, img {{ height: 100%; margin: 0 }}
img {{ max-width: 100%; object-fit: contain; object-position: left }}
</style>
<img src="{address}" alt="{alt}" referrerpolicy="no-referrer">
"""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def register() -> None:
    """Register the route."""

    @app.get("/image")
    def show(page: str = "", src: str = "", alt: str = "") -> Response:
        if page not in Client.instances or not _is_remote(src):
            return PlainTextResponse("There is no such page.", 404)
        return HTMLResponse(PAGE.format(address=html.escape(src), alt=html.escape(alt)), 200, HEADERS)


def _is_remote(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
