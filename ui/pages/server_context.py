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
from ui.thread.context_offer import bounded
from ui.thread.resource_text import text_of_resource
from ui.tools import Prompt, Resource

MOST_SERVERS = 20
MOST_INSERTS = 4

T = TypeVar("T", Prompt, Resource)

logger = logging.getLogger(__name__)


class ServerContext:
    """Prompts and resources of the servers that are ready; a server that fails offers nothing."""

    def __init__(self, backend: Backend, picker: ContextPicker) -> None:
        self._backend = backend
        self._picker = picker
        self._titles: dict[tuple[str, str], str] = {}
        self._suggested: set[str] = set()
        self._inserts = 0

    async def suggest(self, kind: str, off: Sequence[str]) -> None:
        """Show the prompts or the resources of all servers but those switched off, unless that is under way."""
        if kind in self._suggested:
            return
        self._suggested.add(kind)
        try:
            await self._suggest(kind, off)
        finally:
            self._suggested.discard(kind)

    async def insert(self, choice: Choice) -> None:
        """Put what was chosen into the message, as text; a few at once."""
        if self._inserts >= MOST_INSERTS:
            self._picker.fail(choice.choice_id, texts.CONTEXT_BUSY)
            return
        self._inserts += 1
        try:
            text = await self._text_of(choice)
        except PageError as exc:
            self._picker.fail(choice.choice_id, str(exc))
            return
        finally:
            self._inserts -= 1
        if text is None:
            self._picker.fail(choice.choice_id, texts.RESOURCE_NO_TEXT)
        elif len(text) > MAX_CHARACTERS:
            count, most = f"{len(text):,}", f"{MAX_CHARACTERS:,}"
            self._picker.fail(choice.choice_id, texts.RESOURCE_TOO_LONG.format(count=count, most=most))
        else:
            self._picker.insert(choice.choice_id, text)

    async def read(
        self, server: str, uri: str, show: Callable[[ToolResult], object], say: Callable[[str], object]
    ) -> None:
        """Show what a resource holds that a tool has named."""
        try:
            show(await self._backend.call_slow(self._backend.client.resource, server, uri))
        except PageError as exc:
            say(str(exc))

    async def _suggest(self, kind: str, off: Sequence[str]) -> None:
        client = self._backend.client
        try:
            servers = await self._backend.call_slow(client.tool_servers)
        except PageError as exc:
            logger.info("the MCP servers could not be asked for: %s", exc)
            return
        names = [server.name for server in servers if server.status == "ready" and server.name not in off]
        if kind == "prompts":
            prompts, left_out = await self._of_all(names, client.prompts)
            self._picker.show_prompts(prompts, _left_out(left_out, names))
        else:
            resources, left_out = await self._of_all(names, client.resources)
            self._titles = {(resource.server, resource.uri): resource.title for resource in resources}
            self._picker.show_resources(resources, _left_out(left_out, names))

    async def _of_all(self, names: Sequence[str], ask: Callable[[str], tuple[T, ...]]) -> tuple[tuple[T, ...], int]:
        """Return what the servers offer, and how many items are left out."""

        # Bounded at once, and not only together: what is left out is not kept until the last server has answered.
        def ask_one(name: str) -> tuple[tuple[T, ...], int]:
            return bounded([ask(name)])

        asked = (self._backend.call_slow(ask_one, name) for name in names[:MOST_SERVERS])
        answers = await asyncio.gather(*asked, return_exceptions=True)
        offers: list[tuple[T, ...]] = []
        left_out = 0
        for name, answer in zip(names, answers, strict=False):
            if isinstance(answer, tuple):
                offers.append(answer[0])
                left_out += answer[1]
            elif isinstance(answer, PageError):
                logger.info("the MCP server %s could not be asked: %s", name, answer)
            else:
                raise answer
        shown, more = bounded(offers)
        return shown, left_out + more

    async def _text_of(self, choice: Choice) -> str | None:
        client, server, name = self._backend.client, choice.server, choice.name
        if choice.kind == "prompts":
            return await self._backend.call_slow(client.prompt_text, server, name, choice.arguments)
        held = await self._backend.call_slow(client.resource, server, name)
        return text_of_resource(self._titles.get((server, name), ""), name, held.content)


def _left_out(items: int, servers: Sequence[str]) -> list[str]:
    """Say what a list does not show."""
    unasked = len(servers) - MOST_SERVERS
    return [
        *([texts.CONTEXT_LEFT_OUT.format(count=f"{items:,}")] if items else []),
        *([texts.SERVERS_LEFT_OUT.format(count=unasked)] if unasked > 0 else []),
    ]
