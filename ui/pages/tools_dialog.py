"""The dialog with the MCP servers, as the API says they stand, and what is approved for the open thread."""

import asyncio
from collections.abc import Callable
from functools import partial

from nicegui import background_tasks

from ui.client.backend import Backend
from ui.elements.tools_panel import ToolsPanel
from ui.errors import PageError
from ui.threads import Thread
from ui.tools import ToolServer

# After Reconnect, until the server is there or has failed.
LOOKS_AT_SERVER = 5
LOOK_SECONDS = 1.0


class ToolsDialog:
    """Fills the panel in the background; what goes wrong is said there."""

    def __init__(self, backend: Backend, panel: ToolsPanel) -> None:
        self._backend = backend
        self._panel = panel
        self._is_closed = False

    def close(self) -> None:
        """Look no more; the page is gone."""
        self._is_closed = True

    def open(self, thread: Thread) -> None:
        """Show the servers, and what a thread uses of them."""
        self._panel.ask(thread.tools_off)
        background_tasks.create(self._show_servers(self._backend.client.tool_servers), name="show tools")
        if thread.thread_id:
            background_tasks.create(self._show_approved(thread.thread_id), name="show approvals")

    def revoke(self, thread_id: str, server: str, tool: str) -> None:
        """Take back that a tool is approved for a thread."""
        revoke = partial(self._backend.client.revoke, thread_id, server, tool)
        background_tasks.create(self._show_approved(thread_id, revoke), name="revoke a tool")

    def reconnect(self, name: str) -> None:
        """Have the API connect to an MCP server anew, and show how that goes."""
        background_tasks.create(self._reconnect(name), name="reconnect a server")

    async def _show_servers(self, ask: Callable[[], tuple[ToolServer, ...]]) -> None:
        try:
            self._panel.show(await self._backend.call(ask))
        except PageError as exc:
            self._panel.fail(str(exc))

    async def _show_approved(self, thread_id: str, first: Callable[[], None] | None = None) -> None:
        try:
            if first is not None:
                await self._backend.call(first)
            self._panel.show_approved(await self._backend.call(self._backend.client.approvals, thread_id))
        except PageError as exc:
            self._panel.fail(str(exc))

    async def _reconnect(self, name: str) -> None:
        await self._show_servers(partial(self._backend.client.reconnect, name))
        for _ in range(LOOKS_AT_SERVER):
            await asyncio.sleep(LOOK_SECONDS)
            if self._is_closed:
                return
            await self._show_servers(self._backend.client.tool_servers)
