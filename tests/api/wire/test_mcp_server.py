"""What a server adds to its methods' results, in each generation, and what it refuses."""

from typing import Any

import orjson
import pytest

from api.wire.mcp.definitions import IDENTITY, INSTRUCTIONS
from api.wire.mcp.eras import Era
from api.wire.mcp.messages import Request
from api.wire.mcp.protocol import METHOD_NOT_FOUND, OLDER_VERSIONS, SERVER_FIELD, Fields, McpError
from api.wire.mcp.server import Call, Server
from tests.support.mcp_face import MODERN, OLDER

SERVER = Server(IDENTITY, {"tools": {}}, "Ask.", {"tools/list": lambda _: {"tools": []}, "own": lambda _: {"a": 1}})


def call(method: str, *, is_modern: bool = True, **params: Any) -> Call:
    era = Era(MODERN if is_modern else OLDER, is_modern)
    return Call(Request(1, method, params), era, None, SERVER, lambda _: None)


def answered(method: str, *, is_modern: bool = True, **params: Any) -> Fields:
    asked = call(method, is_modern=is_modern, **params)
    result = SERVER.answer(asked)
    assert isinstance(result, dict)
    return dict(orjson.loads(asked.encode(result))["result"])


def test_results_of_the_new_generation_say_what_they_are_and_who_gave_them() -> None:
    assert answered("own") == {"a": 1, "resultType": "complete", "_meta": {SERVER_FIELD: IDENTITY}}
    listed = answered("tools/list")
    assert (listed["cacheScope"], listed["ttlMs"] >= 0) == ("private", True)


def test_results_of_the_older_generation_are_bare() -> None:
    assert answered("tools/list", is_modern=False) == {"tools": []}


def test_discover_is_of_the_new_generation_and_initialize_and_ping_of_the_older() -> None:
    assert answered("server/discover")["supportedVersions"] == [MODERN]
    assert answered("ping", is_modern=False) == {}
    wrong = {"server/discover": False, "initialize": True, "ping": True, "logging/setLevel": False, "x" * 256: True}
    for method, is_modern in wrong.items():
        with pytest.raises(McpError) as refused:
            SERVER.answer(call(method, is_modern=is_modern))
        assert (refused.value.code, refused.value.status) == (METHOD_NOT_FOUND, 404)
        assert len(str(refused.value)) < 400


@pytest.mark.parametrize("version", OLDER_VERSIONS)
def test_initialize_agrees_on_every_older_version(version: str) -> None:
    assert answered("initialize", is_modern=False, protocolVersion=version)["protocolVersion"] == version


@pytest.mark.parametrize("version", ["2099-01-01", None, 7, [], MODERN])
def test_initialize_offers_the_newest_older_version_for_any_other(version: object) -> None:
    assert answered("initialize", is_modern=False, protocolVersion=version)["protocolVersion"] == OLDER


@pytest.mark.parametrize("token", [None, True, 1.5, {}, [], "x" * 257])
def test_progress_is_told_only_to_who_names_it(token: object) -> None:
    assert call("own", _meta={"progressToken": token}).progress_frame(1) == b""
    assert b'"progress":2' in call("own", _meta={"progressToken": 0}).progress_frame(2, "line")


def test_the_instructions_are_short_enough_for_clients_that_cut_them() -> None:
    assert len(INSTRUCTIONS) <= 2000
