"""Servers that list too much, too long, or what is no good: the hub stays ready, bounded and off the network."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from api.tool_arguments import read_arguments
from api.tool_calls import Tool
from api.tools.hub import ToolHub
from api.tools.listing import MAX_DESCRIPTION_CHARS, MAX_TOOLS
from api.tools.servers import McpServer
from tests.support.processes import ROOT, WAIT_SECONDS, wait_for


def hostile(*arguments: str) -> ToolHub:
    command = ("-m", "tests.support.hostile_tool_server", *arguments)
    return ToolHub((McpServer("h", command=sys.executable, args=command, cwd=str(ROOT)),))


@contextmanager
def listed(*arguments: str) -> Iterator[tuple[ToolHub, dict[str, Tool]]]:
    hub = hostile(*arguments)
    hub.start()
    try:
        wait_for(lambda: hub.servers()[0].status == "ready", what=f"the server: {hub.servers()[0]}")
        yield hub, {tool.name: tool for tool in hub.offered()}
    finally:
        hub.close()


def call(hub: ToolHub, tool: Tool) -> str:
    return str(hub.call(tool, {}, lambda *_: None).result(WAIT_SECONDS).content[0]["text"])


def test_of_ten_thousand_tools_the_first_are_offered() -> None:
    with listed("many") as (hub, tools):
        assert len(tools) == MAX_TOOLS
        assert call(hub, tools["t0-0"]) == "t0-0"


def test_a_list_without_end_ends() -> None:
    with listed("endless") as (_, tools):
        assert list(tools) == ["same"]


def test_a_list_that_never_comes_is_a_failure_that_says_so() -> None:
    hub = hostile("hang")
    hub.start()
    try:
        wait_for(lambda: hub.servers()[0].status == "failed", what="the failure")
        assert "seconds" in hub.servers()[0].error
    finally:
        hub.close()


def test_a_list_that_the_protocol_does_not_allow_says_what_is_wrong() -> None:
    hub = hostile("wrong")
    hub.start()
    try:
        wait_for(lambda: hub.servers()[0].status == "failed", what="the failure")
        assert "tools.0.inputSchema.type: Input should be 'object'" in hub.servers()[0].error
        assert "https" not in hub.servers()[0].error
    finally:
        hub.close()


def test_what_cannot_be_offered_is_left_out_and_the_rest_is_bounded() -> None:
    with listed("wild") as (hub, tools):
        assert {"n" * 300, "large"}.isdisjoint(tools)
        assert len(tools["long"].description) == MAX_DESCRIPTION_CHARS
        assert tools["twice"].description == "A tool."
        names = [tool.provider_name for tool in tools.values()]
        assert len(set(names)) == len(names)
        assert all(name.isascii() and len(name) <= 64 for name in names)
        strange = tools["a b/c\u202e<img src=x>"]
        assert call(hub, strange) == strange.name
        # Left to the server: a pattern could take for ever, and a schema that is none says nothing.
        assert read_arguments('{"q": "' + "a" * 40 + '!"}', tools["slow"].input_schema)
        assert read_arguments('{"q": 1}', tools["bad schema"].input_schema) == {"q": 1}


def test_no_reference_to_the_network_is_followed() -> None:
    fetched: list[str] = []

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fetched.append(self.path)
            self.send_error(404)

    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as web:
        Thread(target=web.serve_forever, daemon=True).start()
        with listed("wild", f"http://127.0.0.1:{web.server_address[1]}") as (hub, tools):
            assert read_arguments('{"q": 1}', tools["reference"].input_schema) == {"q": 1}
            call(hub, tools["reference"])
        web.shutdown()
    assert fetched == []


def test_a_list_that_changes_is_read_anew() -> None:
    with listed("change") as (hub, tools):
        assert list(tools) == ["first"]
        call(hub, tools["first"])
        wait_for(lambda: [tool.name for tool in hub.offered()] == ["first", "second"], what="the second tool")


@pytest.mark.parametrize("written", ["", "  ", "{}"])
def test_no_arguments_are_an_empty_object(written: str) -> None:
    assert read_arguments(written, {"type": "object"}) == {}
