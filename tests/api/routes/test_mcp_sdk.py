"""The protocol's own SDK as a client of `/mcp`, in both generations and both worker classes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ResourceTemplateReference

from tests.support.mcp_face import MODERN, OLDER
from tests.support.processes import Server, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

Mode = Literal["auto", "legacy"]
VERSIONS = {"auto": MODERN, "legacy": OLDER}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        provider.script("m", Scenario(text="line\n" * 20, chunks_per_second=15))
        provider.script("held", Scenario(text="begun and then held", held_after_chunks=2))
        yield provider


@pytest.fixture(scope="module", params=("gevent", "gthread"))
def api(
    request: pytest.FixtureRequest, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": "m,held", "WORKER_CLASS": request.param}
    with running_api(tmp_path_factory.mktemp("api"), **settings) as server:
        yield server
        assert "Traceback" not in server.logged(), server.logged()


@asynccontextmanager
async def connected(api: Server, mode: Mode) -> AsyncIterator[Client]:
    async with Client(streamable_http_client(f"{api.url}/mcp"), mode=mode) as client:
        assert client.protocol_version == VERSIONS[mode]
        yield client


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_sdk_asks_reads_and_completes(api: Server, mode: Mode) -> None:
    async def use() -> None:
        async with connected(api, mode) as client:
            assert len((await client.list_tools()).tools) == 5
            told: list[float] = []

            async def note(progress: float, _total: float | None, _message: str | None) -> None:
                told.append(progress)

            answer: Any = await client.call_tool("ask", {"prompt": "hi"}, progress_callback=note)
            assert answer.content[0].text == "line\n" * 20
            assert told == sorted(told)
            assert len(told) > 2
            thread_id = answer.structured_content["thread_id"]
            read: Any = await client.read_resource(f"decant://threads/{thread_id}")
            assert "## Assistant\n\nline" in read.contents[0].text
            reference = ResourceTemplateReference(type="ref/resource", uri="decant://threads/{id}")
            completed = await client.complete(reference, {"name": "id", "value": thread_id[:20]})
            assert thread_id in completed.completion.values
            prompt: Any = await client.get_prompt("summarize_thread", {"thread_id": thread_id})
            assert len(prompt.messages) == 2
            assert (await client.call_tool("read_thread", {})).is_error
            with pytest.raises(MCPError):
                await client.read_resource("decant://threads/nothing")

    asyncio.run(use())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_what_the_sdk_cancels_ends(api: Server, provider: ScriptedProvider, mode: Mode) -> None:
    before = len(provider.calls("held"))

    async def use() -> None:
        async with connected(api, mode) as client:
            asked = asyncio.create_task(client.call_tool("ask", {"prompt": "hi", "model": "held"}))
            await asyncio.to_thread(wait_for, lambda: len(provider.calls("held")) > before)
            asked.cancel()
            await asyncio.to_thread(wait_for, lambda: provider.calls("held")[-1].client_closed_at)

    asyncio.run(use())
