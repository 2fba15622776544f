"""The configuration of MCP servers: what is read, and the one sentence for what is wrong."""

import json
from typing import Any

import pytest

from api.config import load_config
from api.environment import ConfigError
from api.tools.servers import load_servers, parse_servers

WRONG: list[tuple[object, str]] = [
    ("{", "is not JSON"),
    ([], "mcpServers"),
    ({"servers": {}}, "mcpServers"),
    ({"mcpServers": {"a b": {"command": "x"}}}, "'a b'"),
    ({"mcpServers": {"a": []}}, "'a'"),
    ({"mcpServers": {"a": {}}}, "'command'"),
    ({"mcpServers": {"a": {"command": "x", "url": "http://h/"}}}, "either"),
    ({"mcpServers": {"a": {"comand": "x"}}}, "'comand'"),
    ({"mcpServers": {"a": {"command": 1}}}, "'command'"),
    ({"mcpServers": {"a": {"command": "x", "args": "y"}}}, "'args'"),
    ({"mcpServers": {"a": {"command": "x", "args": ["a\0b"]}}}, "'args'"),
    ({"mcpServers": {"a": {"command": "x", "env": {"A": 1}}}}, "'env'"),
    ({"mcpServers": {"a": {"command": "x", "env": {"A": "${ABSENT}"}}}}, "ABSENT"),
    ({"mcpServers": {"a": {"url": "ftp://h/"}}}, "'url'"),
    ({"mcpServers": {"a": {"url": "http://h:0/"}}}, "'url'"),
    ({"mcpServers": {"a": {"url": "http://[h/"}}}, "'url'"),
    ({"mcpServers": {"a": {"url": "http://h/", "headers": {"A": "b\nc"}}}}, "'headers.A'"),
    ({"mcpServers": {"a": {"url": "http://h/", "type": "sse"}}}, "'type'"),
    ({"mcpServers": {"a": {"command": "x", "policy": "sometimes"}}}, "'policy'"),
    ({"mcpServers": {"a": {"command": "x", "policy": {"t": "sometimes"}}}}, "'policy'"),
    ({"mcpServers": {"a": {"command": "x", "trusted": "yes"}}}, "'trusted'"),
    ({"mcpServers": {"a": {"command": "x", "silence_seconds": 0}}}, "'silence_seconds'"),
    ({"mcpServers": {"a": {"command": "x", "silence_seconds": True}}}, "'silence_seconds'"),
]


def parse(fields: dict[str, Any], **variables: str):
    return parse_servers(json.dumps({"mcpServers": fields}), "mcp.json", variables)


@pytest.mark.parametrize(("written", "named"), WRONG)
def test_a_mistake_is_one_sentence_that_names_file_server_and_key(written: object, named: str) -> None:
    text = written if isinstance(written, str) else json.dumps(written)
    with pytest.raises(ConfigError) as caught:
        parse_servers(text, "mcp.json", {})
    assert str(caught.value).startswith("mcp.json")
    assert named in str(caught.value)


def test_both_transports_are_read_in_the_order_of_the_file() -> None:
    files, search = parse({"files": {"command": "npx", "args": ["/srv"]}, "search": {"url": "https://h/mcp"}})
    assert (files.name, files.command, files.args) == ("files", "npx", ("/srv",))
    assert (search.name, search.url) == ("search", "https://h/mcp")


def test_variables_come_from_the_environment_or_their_default() -> None:
    (server,) = parse({"a": {"url": "https://h/", "headers": {"X": "${TOKEN} ${OTHER:-y}"}}}, TOKEN="t")
    assert server.headers == {"X": "t y"}


def test_a_server_that_is_disabled_is_left_out() -> None:
    assert parse({"a": {"command": "x", "disabled": True}}) == ()


def test_a_server_without_a_policy_says_nothing_and_one_policy_is_for_all_tools() -> None:
    silent, strict = parse({"a": {"command": "x"}, "b": {"command": "x", "policy": "never"}})
    assert silent.policies == {}
    assert strict.policies == {"*": "never"}


def test_the_embedded_model_comes_with_the_example_and_a_provider_without() -> None:
    assert [server.name for server in load_servers(load_config({}))] == ["example"]
    assert load_servers(load_config({"OPENAI_BASE_URL": "http://h/v1", "LLM_MODEL": "m"})) == ()


def test_a_file_that_is_named_has_to_be_there() -> None:
    with pytest.raises(ConfigError, match="MCP_CONFIG"):
        load_config({"MCP_CONFIG": "/nowhere/absent.json"})


def test_the_settings_never_show_the_variables() -> None:
    assert "hidden" not in repr(load_config({"SECRET": "hidden"}))
