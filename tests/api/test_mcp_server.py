"""`python -m api.mcp_server` as a process: the SDK's client over its pipes, and what lines of nobody get."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.support.mcp_face import META, MODERN, OLDER
from tests.support.processes import ROOT, WAIT_SECONDS, Server, clean_environment, free_port, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario

Mode = Literal["auto", "legacy"]
VERSIONS = {"auto": MODERN, "legacy": OLDER}
COMMAND = [sys.executable, "-m", "api.mcp_server"]


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        provider.script("m", Scenario(text="line\n" * 20, chunks_per_second=15))
        provider.script("held", Scenario(text="begun and then held", held_after_chunks=2))
        yield provider


@pytest.fixture(scope="module")
def api(provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("api")
    with running_api(folder, OPENAI_BASE_URL=provider.base_url, LLM_MODEL="m,held", API_TOKEN="a,b") as server:
        yield server


@contextmanager
def process(folder: Path, url: str, token: str = "a") -> Iterator["subprocess.Popen[bytes]"]:
    environment = clean_environment(API_URL=url, API_TOKEN=token, PYTHONPATH=ROOT)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(COMMAND, env=environment, cwd=folder, **pipes) as forwarder:  # type: ignore[call-overload]
        try:
            yield forwarder
        finally:
            forwarder.kill()


def exchange(forwarder: "subprocess.Popen[bytes]", *lines: bytes, answers: int = 1) -> list[dict[str, Any]]:
    assert forwarder.stdin is not None
    assert forwarder.stdout is not None
    forwarder.stdin.write(b"".join(line + b"\n" for line in lines))
    forwarder.stdin.flush()
    return [json.loads(forwarder.stdout.readline()) for _ in range(answers)]


def message(method: str, request_id: int = 1, **params: Any) -> bytes:
    body = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": {**params, "_meta": META}}
    return json.dumps(body).encode()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_sdk_uses_it_over_pipes(api: Server, mode: Mode) -> None:
    environment = clean_environment(API_URL=api.url, API_TOKEN="b")
    parameters = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment, cwd=str(ROOT))

    async def use() -> None:
        async with Client(stdio_client(parameters), mode=mode) as client:
            assert client.protocol_version == VERSIONS[mode]
            told: list[float] = []

            async def note(progress: float, _total: float | None, _message: str | None) -> None:
                told.append(progress)

            answer: Any = await client.call_tool("ask", {"prompt": "hi"}, progress_callback=note)
            assert answer.content[0].text == "line\n" * 20
            assert len(told) > 2
            uri = f"decant://threads/{answer.structured_content['thread_id']}"
            both = await asyncio.gather(client.read_resource(uri), client.call_tool("list_threads", {}))
            assert both

    asyncio.run(use())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_what_the_client_cancels_ends(api: Server, provider: ScriptedProvider, mode: Mode) -> None:
    environment = clean_environment(API_URL=api.url, API_TOKEN="a")
    parameters = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment, cwd=str(ROOT))
    before = len(provider.calls("held"))

    async def use() -> None:
        async with Client(stdio_client(parameters), mode=mode) as client:
            asked = asyncio.create_task(client.call_tool("ask", {"prompt": "hi", "model": "held"}))
            await asyncio.to_thread(wait_for, lambda: len(provider.calls("held")) > before)
            asked.cancel()
            await asyncio.to_thread(wait_for, lambda: provider.calls("held")[-1].client_closed_at)
            assert (await client.call_tool("list_threads", {})).content

    asyncio.run(use())


def test_it_ends_with_its_input_and_takes_its_answers_along(
    api: Server, provider: ScriptedProvider, tmp_path: Path
) -> None:
    before = len(provider.calls("held"))
    with process(tmp_path, api.url) as forwarder:
        assert forwarder.stdin is not None
        asked = message("tools/call", name="ask", arguments={"prompt": "hi", "model": "held"})
        exchange(forwarder, asked, answers=0)
        wait_for(lambda: len(provider.calls("held")) > before)
        forwarder.stdin.close()
        assert forwarder.wait(WAIT_SECONDS) == 0
    wait_for(lambda: provider.calls("held")[-1].client_closed_at, what="the run to end")


def test_an_answer_that_is_nearly_there_is_waited_for(api: Server, tmp_path: Path) -> None:
    environment = clean_environment(API_URL=api.url, API_TOKEN="a", PYTHONPATH=ROOT)
    asked = message("tools/list", 1) + b"\n" + message("server/discover", 2) + b"\n"
    done = subprocess.run(
        COMMAND, input=asked, env=environment, cwd=tmp_path, capture_output=True, timeout=WAIT_SECONDS, check=True
    )
    assert {json.loads(line)["id"] for line in done.stdout.splitlines()} == {1, 2}
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("line", "code"),
    [(b"{", -32700), (b"\xff", -32700), (b"[]", -32600), (b'{"jsonrpc":"2.0","id":null,"method":"x"}', -32600)],
    ids=str,
)
def test_lines_that_are_no_message_are_answered_and_change_nothing(
    api: Server, tmp_path: Path, line: bytes, code: int
) -> None:
    with process(tmp_path, api.url) as forwarder:
        refused, listed = exchange(forwarder, b"", line, message("tools/list"), answers=2)
    assert (refused["error"]["code"], refused["id"]) == (code, None)
    assert len(listed["result"]["tools"]) == 5


def test_a_wrong_token_is_told_in_the_api_s_words(api: Server, tmp_path: Path) -> None:
    with process(tmp_path, api.url, token="wrong") as forwarder:
        (refused,) = exchange(forwarder, message("tools/list"))
    assert "Authorization: Bearer <API_TOKEN>" in refused["error"]["message"]


def test_an_api_that_is_away_is_told_with_its_address(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with process(tmp_path, url) as forwarder:
        (refused,) = exchange(forwarder, message("tools/list", 7))
    assert (refused["id"], url in refused["error"]["message"]) == (7, True)


def test_a_wrong_address_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    with process(tmp_path, "junk") as forwarder:
        assert forwarder.wait(WAIT_SECONDS) == 1
        assert forwarder.stderr is not None
        assert b"decant mcp: API_URL" in forwarder.stderr.read()
