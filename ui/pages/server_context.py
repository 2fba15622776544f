"""What MCP servers offer to begin a message with, and what their resources hold: asked for when somebody wants it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from ui import texts
from ui.client.backend import Backend
from ui.elements.composer import MAX_CHARACTERS
from ui.elements.context_picker import Choice, ContextPicker
from ui.errors import PageError
from ui.parts import ToolResult
from ui.thread.resource_text import text_of_resource
from ui.tools import Prompt, Resource

MOST_SERVERS = 20

T = TypeVar("T", Prompt, Resource)

logger = logging.getLogger(__name__)


class ServerContext:
    """Prompts and resources of the servers that are ready; a server that fails offers nothing."""

    def __init__(self, backend: Backend, picker: ContextPicker) -> None:
        self._backend = backend
        self._picker = picker
        self._titles: dict[str, str] = {}

    async def suggest(self, kind: str, off: Sequence[str]) -> None:
        """Show the prompts or the resources of all servers but those that are switched off."""
        client = self._backend.client
        try:
            servers = await self._backend.call_slow(client.tool_servers)
        except PageError as exc:
            logger.info("the MCP servers could not be asked for: %s", exc)
            return
        names = [server.name for server in servers if server.status == "ready" and server.name not in off]
        if kind == "prompts":
            self._picker.show_prompts(await self._of_all(names, client.prompts))
            return
        resources = await self._of_all(names, client.resources)
        self._titles = {resource.uri: resource.title for resource in resources}
        self._picker.show_resources(resources)

    async def insert(self, choice: Choice) -> None:
        """Put what was chosen into the message, as text."""
        client = self._backend.client
        try:
            if choice.kind == "prompts":
                text: str | None = await self._backend.call_slow(
                    client.prompt_text, choice.server, choice.name, choice.arguments
                )
            else:
                held = await self._backend.call_slow(client.resource, choice.server, choice.name)
                text = text_of_resource(self._titles.get(choice.name, ""), choice.name, held.content)
        except PageError as exc:
            self._picker.fail(str(exc))
            return
        if text is None:
            self._picker.fail(texts.RESOURCE_NO_TEXT)
        elif len(text) > MAX_CHARACTERS:
            self._picker.fail(texts.RESOURCE_TOO_LONG.format(count=f"{len(text):,}", most=f"{MAX_CHARACTERS:,}"))
        else:
            self._picker.insert(text)

    async def read(
        self, server: str, uri: str, show: Callable[[ToolResult], object], say: Callable[[str], object]
    ) -> None:
        """Show what a resource holds that a tool has named."""
        try:
            show(await self._backend.call_slow(self._backend.client.resource, server, uri))
        except PageError as exc:
            say(str(exc))

    async def _of_all(self, names: Sequence[str], ask: Callable[[str], tuple[T, ...]]) -> tuple[T, ...]:
        asked = (self._backend.call_slow(ask, name) for name in names[:MOST_SERVERS])
        answers = await asyncio.gather(*asked, return_exceptions=True)
        found: tuple[T, ...] = ()
        for name, answer in zip(names, answers, strict=False):
            if isinstance(answer, tuple):
                found += answer
            elif isinstance(answer, PageError):
                logger.info("the MCP server %s could not be asked: %s", name, answer)
            else:
                raise answer
        return found
