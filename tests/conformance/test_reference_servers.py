"""Reference servers of others, as processes: connected to, listed, called; both generations, both languages."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from api.tool_calls import CallKey, Given, Tool, ToolAnswer
from api.tools.hub import ToolHub
from api.tools.servers import McpServer
from tests.conformance.installed import folder_with, node_module, older_program, python_module
from tests.support.processes import wait_for


@contextmanager
def connected(command: list[str], **env: str) -> Iterator[tuple[ToolHub, Mapping[str, Tool]]]:
    hub = ToolHub((McpServer("other", "Other", command[0], tuple(command[1:]), env=env),))
    hub.start()
    try:
        wait_for(lambda: hub.servers()[0].status == "ready", what=f"the server: {hub.servers()[0]}")
        yield hub, {tool.name: tool for tool in hub.offered()}
    finally:
        hub.close()


def call(hub: ToolHub, tool: Tool, **arguments: Any) -> ToolAnswer:
    return hub.call(tool, arguments, lambda *_: None).result(30)


def text_of(answer: ToolAnswer) -> str:
    assert not answer.is_error, answer
    return "\n".join(piece["text"] for piece in answer.content if piece["type"] == "text")


def test_everything_answers_with_every_kind_of_content() -> None:
    with connected([*node_module("server-everything"), "stdio"]) as (hub, tools):
        assert hub.servers()[0].protocol_version == "2025-11-25"
        assert "hello" in text_of(call(hub, tools["echo"], message="hello"))
        kinds: set[str] = set()
        for name, arguments in (
            ("get-tiny-image", {}),
            ("get-structured-content", {"location": "New York"}),
            ("get-resource-links", {"count": 2}),
            ("get-resource-reference", {"resourceType": "Text", "resourceId": 1}),
            ("get-annotated-message", {"messageType": "success", "includeImage": True}),
        ):
            answer = call(hub, tools[name], **arguments)
            assert not answer.is_error, answer
            kinds |= {piece["type"] for piece in answer.content}
        assert {"text", "image", "resource_link", "resource", "structured"} <= kinds


def test_progress_of_an_older_server_arrives() -> None:
    told: list[float] = []
    with connected([*node_module("server-everything"), "stdio"]) as (hub, tools):
        tool = tools["trigger-long-running-operation"]
        future = hub.call(tool, {"duration": 2, "steps": 4}, lambda progress, *_: told.append(progress))
        assert not future.result(30).is_error
    assert told == sorted(told)
    assert len(told) >= 3


def test_the_filesystem_server_reads_what_it_may_and_nothing_else(tmp_path: Path) -> None:
    notes = folder_with(tmp_path / "notes", wine="Decant an hour before.")
    (tmp_path / "secret.txt").write_text("secret")
    with connected([*node_module("server-filesystem"), str(notes)]) as (hub, tools):
        assert "wine.txt" in text_of(call(hub, tools["list_directory"], path=str(notes)))
        assert "Decant an hour" in text_of(call(hub, tools["read_text_file"], path=str(notes / "wine.txt")))
        refused = call(hub, tools["read_text_file"], path=str(tmp_path / "secret.txt"))
        assert refused.is_error
        assert "denied" in str(refused.content)


def test_the_memory_server_remembers(tmp_path: Path) -> None:
    entity = {"name": "Rioja", "entityType": "wine", "observations": ["red"]}
    with connected(node_module("server-memory"), MEMORY_FILE_PATH=str(tmp_path / "memory.json")) as (hub, tools):
        assert not call(hub, tools["create_entities"], entities=[entity]).is_error
        assert "Rioja" in str(call(hub, tools["read_graph"]).content)


def test_the_thinking_server_counts() -> None:
    with connected(node_module("server-sequential-thinking")) as (hub, tools):
        thought = {"thought": "First.", "nextThoughtNeeded": False, "thoughtNumber": 1, "totalThoughts": 1}
        assert not call(hub, tools["sequentialthinking"], **thought).is_error


def test_the_time_server_of_the_new_generation_tells_the_time() -> None:
    with connected([*python_module("mcp_server_time"), "--local-timezone", "UTC"]) as (hub, tools):
        assert hub.servers()[0].protocol_version == "2026-07-28"
        assert "UTC" in text_of(call(hub, tools["get_current_time"], timezone="UTC"))


def test_the_git_server_tells_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    with connected(python_module("mcp_server_git")) as (hub, tools):
        answer = call(hub, tools["git_status"], repo_path=str(tmp_path))
        assert answer.is_error
        assert answer.content


def test_the_fetch_server_fetches_what_it_may(tmp_path: Path) -> None:
    folder_with(tmp_path / "site", page="Decant an hour before.")
    with served(tmp_path / "site") as url:
        with connected([*python_module("mcp_server_fetch"), "--ignore-robots-txt"]) as (hub, tools):
            assert hub.servers()[0].protocol_version == "2026-07-28"
            assert call(hub, tools["fetch"], url=f"{url}/page.txt").is_error
        allowed = [*python_module("mcp_server_fetch"), "--ignore-robots-txt", "--allow-private-ips"]
        with connected(allowed) as (hub, tools):
            assert "Decant an hour" in text_of(call(hub, tools["fetch"], url=f"{url}/page.txt"))


def test_the_sqlite_server_of_an_older_sdk_keeps_rows(tmp_path: Path) -> None:
    command = [*older_program("mcp-server-sqlite"), "--db-path", str(tmp_path / "wine.db")]
    with connected(command) as (hub, tools):
        assert hub.servers()[0].protocol_version == "2025-11-25"
        call(hub, tools["create_table"], query="CREATE TABLE wine (name TEXT)")
        call(hub, tools["write_query"], query="INSERT INTO wine VALUES ('Rioja')")
        assert "Rioja" in text_of(call(hub, tools["read_query"], query="SELECT * FROM wine"))
        assert hub.prompts("other")
        assert [resource.uri for resource in hub.resources("other")] == ["memo://insights"]
        assert hub.resource_content("other", "memo://insights")


def test_everything_asks_within_a_call_and_has_prompts_and_resources() -> None:
    with connected([*node_module("server-everything"), "stdio"]) as (hub, tools):
        tool, key = tools["trigger-elicitation-request"], CallKey("run", "call")
        asked = hub.call(tool, {}, lambda *_: None, None, key).result(30)
        assert asked.is_open
        given = Given({question.key: {"action": "decline"} for question in asked.questions}, None, is_open=True)
        assert "declin" in text_of(hub.call(tool, {}, lambda *_: None, given, key).result(30))
        assert {"simple-prompt"} <= {prompt.name for prompt in hub.prompts("other")}
        assert hub.prompt_text("other", "simple-prompt", {})
        resource = hub.resources("other")[0]
        assert hub.resource_content("other", resource.uri)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
