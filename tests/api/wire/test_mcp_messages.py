"""JSON-RPC messages: what is one, what is none, and what is sent."""

import orjson
import pytest

from api.wire.mcp.messages import Notification, Reply, Request, encode_error, encode_result, frame, read_message
from api.wire.mcp.protocol import INVALID_REQUEST, McpError

HOSTILE = [
    None,
    [],
    [{"jsonrpc": "2.0", "id": 1, "method": "ping"}],
    "ping",
    7,
    {},
    {"jsonrpc": "1.0", "id": 1, "method": "ping"},
    {"jsonrpc": "2.0"},
    {"jsonrpc": "2.0", "id": 1},
    {"jsonrpc": "2.0", "id": 1, "method": ""},
    {"jsonrpc": "2.0", "id": 1, "method": None},
    {"jsonrpc": "2.0", "id": 1, "method": ["ping"]},
    {"jsonrpc": "2.0", "id": 1, "method": "m" * 257},
    {"jsonrpc": "2.0", "id": None, "method": "ping"},
    {"jsonrpc": "2.0", "id": True, "method": "ping"},
    {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
    {"jsonrpc": "2.0", "id": {"a": 1}, "method": "ping"},
    {"jsonrpc": "2.0", "id": "x" * 257, "method": "ping"},
    {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]},
    {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": None},
]


@pytest.mark.parametrize("body", HOSTILE, ids=str)
def test_what_is_no_message_is_refused(body: object) -> None:
    with pytest.raises(McpError) as refused:
        read_message(body)
    assert (refused.value.code, refused.value.status) == (INVALID_REQUEST, 400)


def test_a_message_is_a_request_a_notification_or_a_reply() -> None:
    assert read_message({"jsonrpc": "2.0", "id": 0, "method": "ping"}) == Request(0, "ping")
    assert read_message({"jsonrpc": "2.0", "method": "n", "params": {"a": 1}}) == Notification("n", {"a": 1})
    assert read_message({"jsonrpc": "2.0", "id": 1, "result": {}}) == Reply()
    assert read_message({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}}) == Reply()


def test_meta_that_is_no_object_is_none() -> None:
    assert Request(1, "ping", {"_meta": "hidden"}).meta == {}


def test_answers_carry_the_id_and_an_error_its_detail() -> None:
    assert orjson.loads(encode_result("a", {"b": 1})) == {"jsonrpc": "2.0", "id": "a", "result": {"b": 1}}
    error = McpError(-32020, "Wrong.", {"c": 2})
    told = {"code": -32020, "message": "Wrong.", "data": {"c": 2}}
    assert orjson.loads(encode_error(None, error)) == {"jsonrpc": "2.0", "id": None, "error": told}


def test_a_frame_is_one_line_of_data_whatever_the_text_says() -> None:
    framed = frame(encode_result(1, {"text": "a\n\ndata: b\r\u2028"}))
    assert framed.count(b"\n") == 3
    assert framed.endswith(b"\n\n")
