"""The routes a thread leaves and enters the page by as a file: plain HTTP, so that its size does not matter."""

import asyncio
from typing import Any
from urllib.parse import quote

from nicegui import app
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ui import texts
from ui.client.backend import Backend
from ui.elements.chat_import import MAX_FILE_BYTES
from ui.errors import ApiRefused, PageError
from ui.thread.import_process import read_apart
from ui.thread.thread_file import file_name, to_json, to_markdown

MAX_READERS = 2


def register(backend: Backend) -> None:
    """Register the routes."""

    @app.get("/t/{thread_id}/export.{kind}")
    async def export(thread_id: str, kind: str, leaf: str | None = None) -> Response:
        try:
            return await _export(backend, thread_id, kind, leaf)
        except PageError as exc:
            return PlainTextResponse(str(exc), exc.status if isinstance(exc, ApiRefused) else 502)

    # Others wait here, and not on the threads that everybody's calls need.
    reading = asyncio.Semaphore(MAX_READERS)

    @app.post("/import")
    async def take(request: Request) -> Response:
        # A form of another site cannot send this type without asking first.
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return JSONResponse({"error": texts.IMPORT_UNREADABLE.format(reason=texts.NOT_JSON)}, 415)
        content = await _read(request)
        if content is None:
            return JSONResponse({"error": texts.IMPORT_TOO_LARGE.format(megabytes=MAX_FILE_BYTES >> 20)}, 413)
        try:
            models = (await backend.watch.models()).names
            async with reading:
                body = await backend.call(read_apart, content, models)
            thread = await backend.call(backend.client.import_thread, body)
        except PageError as exc:
            return JSONResponse({"error": str(exc)}, 400)
        return JSONResponse({"thread_id": thread.thread_id}, 201)


async def _export(backend: Backend, thread_id: str, kind: str, leaf: str | None) -> Response:
    thread = await backend.call(backend.client.thread, thread_id)
    messages: list[Any] = []
    cursor: str | None = None
    while True:
        page, cursor = await backend.call(backend.client.export_messages, thread_id, cursor)
        messages += page
        if cursor is None:
            break
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name(thread, kind))}"}
    if kind == "md":
        document = await backend.call(to_markdown, thread, messages, leaf)
        return Response(document.encode("utf-8", "replace"), 200, headers, "text/markdown; charset=utf-8")
    if kind == "json":
        return Response(await backend.call(to_json, thread, messages), 200, headers, "application/json")
    return PlainTextResponse("There is no such page.", 404)


async def _read(request: Request) -> bytes | None:
    content = bytearray()
    async for received in request.stream():
        content += received
        if len(content) > MAX_FILE_BYTES:
            return None
    return bytes(content)
