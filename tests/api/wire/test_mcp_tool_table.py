"""Tools as methods: what is called, and with which arguments not."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.wire.mcp.definitions import LIST_THREADS, READ_THREAD, SEARCH_MESSAGES, STOP, ask_definition
from api.wire.mcp.eras import Era
from api.wire.mcp.messages import Request
from api.wire.mcp.protocol import INVALID_PARAMS, McpError
from api.wire.mcp.server import Call, Server
from api.wire.mcp.tool_table import text_result, tool_methods
from tests.support.mcp_face import OLDER

ASK = ask_definition(("m", "n"), 100)
CALLED: list[dict[str, Any]] = []


def run(_call: Call, arguments: dict[str, Any]) -> dict[str, Any]:
    CALLED.append(arguments)
    return text_result("ok", {})


METHODS = tool_methods([(ASK, run), (STOP, run)])


def call(**params: Any) -> Any:
    server = Server({}, {}, "", METHODS)
    method = "tools/call"
    return METHODS[method](Call(Request(1, method, params), Era(OLDER, is_modern=False), None, server, lambda _: None))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"prompt": ""},
        {"prompt": 7},
        {"prompt": "x" * 101},
        {"prompt": "x", "model": "other"},
        {"prompt": "x", "thread_id": ""},
        {"prompt": "x", "thread_id": None},
        {"prompt": "x", "idempotency_key": "k" * 201},
        {"prompt": "x", "temperature": 1},
        {"prompt": [1] * 10},
        {"prompt": {"a": 1}},
        {"prompt": "x", "model": {}},
    ],
    ids=str,
)
def test_wrong_arguments_are_a_result_for_the_model_and_nothing_begins(arguments: dict[str, Any]) -> None:
    CALLED.clear()
    result = call(name="ask", arguments=arguments)
    assert result["isError"]
    assert result["content"][0]["text"]
    assert not CALLED


def test_right_arguments_get_there() -> None:
    CALLED.clear()
    assert not call(name="ask", arguments={"prompt": "x", "model": "n"})["isError"]
    assert CALLED == [{"prompt": "x", "model": "n"}]


@pytest.mark.parametrize("name", [None, 7, [], "", "nothing", "x" * 100_000])
def test_a_tool_that_there_is_not_is_an_error(name: object) -> None:
    with pytest.raises(McpError) as refused:
        call(name=name, arguments={})
    assert refused.value.code == INVALID_PARAMS
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("arguments", [[], "x", 7, True])
def test_arguments_that_are_no_object_are_an_error(arguments: object) -> None:
    with pytest.raises(McpError):
        call(name="stop", arguments=arguments)


@pytest.mark.parametrize("tool", [ASK, LIST_THREADS, SEARCH_MESSAGES, READ_THREAD, STOP], ids=lambda tool: tool.name)
def test_every_definition_is_whole(tool: Any) -> None:
    fields = tool.fields()
    assert fields["title"]
    assert fields["description"]
    assert {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"} == set(fields["annotations"])
    for schema in (fields["inputSchema"], fields["outputSchema"]):
        Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
