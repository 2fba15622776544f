"""What a server offers to persons beside its tools: prompts to begin a message with, and resources to read.

Asked for when somebody wants it, never at connecting. Everything is bounded, and nothing here follows an address.
Sources: MCP 2026-07-28, "Prompts" and "Resources".
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

from mcp import Client, types

from api.tool_calls import Content, Prompt, PromptArgument, Resource
from api.tools.results import CUT, bounded, content_of

MAX_PAGES = 20
MOST = 300
MOST_ARGUMENTS = 30
MAX_NAME_CHARS = 300
MAX_URI_CHARS = 2000
MAX_DESCRIPTION_CHARS = 1000
MAX_PROMPT_CHARS = 200_000
SPEAKERS = {"user": "User:", "assistant": "Assistant:"}

Page = TypeVar("Page", types.ListPromptsResult, types.ListResourcesResult)


async def prompts_of(client: Client) -> tuple[Prompt, ...]:
    """Return the prompts that a server offers, of very many the first."""
    if client.server_capabilities.prompts is None:
        return ()
    listed = [prompt async for page in _pages(client.list_prompts) for prompt in page.prompts]
    return tuple(map(_prompt, [prompt for prompt in listed if _is_name(prompt.name)][:MOST]))


async def prompt_text(client: Client, name: str, arguments: Mapping[str, str]) -> str:
    """Return a prompt as the text of a message; where several speak it says who."""
    result = await client.get_prompt(name, dict(arguments))
    messages = result.messages[:MOST]
    texts = [_said(content_of(message.content)) for message in messages]
    if len(texts) > 1 or any(message.role != "user" for message in messages):
        texts = [f"{SPEAKERS[message.role]}\n{text}" for message, text in zip(messages, texts, strict=True)]
    text = "\n\n".join(texts)
    return text if len(text) <= MAX_PROMPT_CHARS else text[: MAX_PROMPT_CHARS - len(CUT)] + CUT


async def resources_of(client: Client) -> tuple[Resource, ...]:
    """Return the resources that a server offers, of very many the first."""
    if client.server_capabilities.resources is None:
        return ()
    listed = [resource async for page in _pages(client.list_resources) for resource in page.resources]
    return tuple(_resource(resource) for resource in listed if len(str(resource.uri)) <= MAX_URI_CHARS)[:MOST]


async def resource_content(client: Client, uri: str) -> tuple[Content, ...]:
    """Return what a resource holds, of a long one the beginning."""
    result = await client.read_resource(uri)
    return tuple(bounded(_contents(result.contents[:MOST])))


async def _pages(fetch: Callable[..., Awaitable[Page]]) -> AsyncIterator[Page]:
    cursor: str | None = None
    found = 0
    for _ in range(MAX_PAGES):
        page = await fetch(cursor=cursor)
        yield page
        found += len(page.prompts if isinstance(page, types.ListPromptsResult) else page.resources)
        cursor = page.next_cursor
        if not cursor or found >= MOST:
            return


def _prompt(listed: types.Prompt) -> Prompt:
    arguments = [argument for argument in listed.arguments or () if _is_name(argument.name)]
    return Prompt(
        listed.name,
        (listed.title or listed.name)[:MAX_NAME_CHARS],
        (listed.description or "")[:MAX_DESCRIPTION_CHARS],
        tuple(
            PromptArgument(argument.name, (argument.description or "")[:MAX_DESCRIPTION_CHARS], bool(argument.required))
            for argument in arguments[:MOST_ARGUMENTS]
        ),
    )


def _resource(listed: types.Resource) -> Resource:
    return Resource(
        str(listed.uri),
        (listed.title or listed.name)[:MAX_NAME_CHARS],
        (listed.description or "")[:MAX_DESCRIPTION_CHARS],
        (listed.mime_type or "")[:MAX_NAME_CHARS],
    )


def _contents(contents: list[types.TextResourceContents | types.BlobResourceContents]) -> Iterator[Content]:
    for found in contents:
        held = {"text": found.text} if isinstance(found, types.TextResourceContents) else {"data": found.blob}
        kind = {"mime_type": found.mime_type} if found.mime_type else {}
        yield {"type": "resource", "uri": str(found.uri), **kind, **held}


def _said(piece: Content) -> str:
    text = piece.get("text")
    return text if isinstance(text, str) else f"[{piece['type']}: {piece.get('mime_type') or piece.get('uri') or ''}]"


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME_CHARS
