"""What is said of a server that fails: what to do, and none of its secrets."""

import httpx2
import pytest

from api.tools.failures import sentence_of
from api.tools.servers import parse_servers

CONFIGURED = """{"mcpServers": {
    "web": {"url": "http://name:password@h:1/mcp?key=querykey", "headers": {"Authorization": "Bearer headertoken"}},
    "own": {"command": "x", "args": ["--key", "${KEY}"], "env": {"A": "envsecret"}}
}}"""
WEB, OWN = parse_servers(CONFIGURED, "mcp.json", {"KEY": "argumentkey"})


def test_an_address_is_named_without_the_keys_in_it() -> None:
    assert sentence_of(httpx2.ConnectError("refused"), WEB) == "Nothing answers at http://h:1/mcp: is it running?"


@pytest.mark.parametrize("secret", ["headertoken", "Bearer headertoken"])
def test_a_header_is_not_repeated(secret: str) -> None:
    assert "headertoken" not in sentence_of(ValueError(f"bad token {secret}"), WEB)


@pytest.mark.parametrize("secret", ["argumentkey", "envsecret"])
def test_what_a_process_says_of_its_secrets_is_hidden(secret: str) -> None:
    said = sentence_of(ValueError("ended"), OWN, [f"the key {secret} is wrong"])
    assert said == "ValueError: ended It said: the key … is wrong"


@pytest.mark.parametrize(("status", "named"), [(401, "wants a token"), (403, "wants a token"), (404, "status 404")])
def test_a_status_says_more_than_the_error(status: int, named: str) -> None:
    assert named in sentence_of(ValueError("x"), WEB, status=status)
