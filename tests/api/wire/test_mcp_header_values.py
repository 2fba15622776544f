"""Headers that repeat what a body says."""

from typing import Any

import pytest

from api.wire.mcp.header_values import check_parameters, decode_value, encode_value
from api.wire.mcp.protocol import HEADER_MISMATCH, McpError

SCHEMA = {
    "type": "object",
    "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "inner": {"type": "object", "properties": {"count": {"type": "integer", "x-mcp-header": "Count"}}},
        "is_dry": {"type": "boolean", "x-mcp-header": "Dry"},
        "price": {"type": "number", "x-mcp-header": "Price"},
    },
}


@pytest.mark.parametrize("value", ["", "plain", "two words", " edge", "ümlaut", "line\nbreak", "=?base64?YQ==?=", "\0"])
def test_a_value_comes_back_as_it_was_and_is_fit_for_a_header(value: str) -> None:
    written = encode_value(value)
    assert decode_value(written) == value
    assert written.isascii()
    assert written.isprintable()


@pytest.mark.parametrize("written", ["=?base64?YQ=?=", "=?base64?!!!!?=", "=?base64?/w==?="])
def test_what_is_encoded_wrongly_is_no_value(written: str) -> None:
    assert decode_value(written) is None


def check(arguments: dict[str, Any], **headers: str) -> None:
    named = {f"mcp-param-{name.lower()}": value for name, value in headers.items()}
    check_parameters(SCHEMA, arguments, lambda name: named.get(name.lower()))


def test_headers_that_agree_pass() -> None:
    check({})
    check({"region": "eu", "inner": {"count": 42}, "is_dry": True, "price": 1.5}, Region="eu", Count="42.0", Dry="true")
    check({"region": "é", "inner": {"count": 42.0}}, Region="=?base64?w6k=?=", Count="42")


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "eu"}, {}),
        ({}, {"Region": "eu"}),
        ({"region": None}, {"Region": "eu"}),
        ({"region": "eu"}, {"Region": "EU"}),
        ({"region": "eu"}, {"Region": "=?base64?ZXU?="}),
        ({"inner": {"count": 42}}, {"Count": "43"}),
        ({"inner": {"count": 42}}, {"Count": "4e1"}),
        ({"inner": {"count": 42}}, {"Count": "9" * 5000}),
        ({"inner": "flat"}, {"Count": "42"}),
        ({"is_dry": True}, {"Dry": "True"}),
    ],
    ids=str,
)
def test_headers_that_disagree_are_refused(arguments: dict[str, Any], headers: dict[str, str]) -> None:
    with pytest.raises(McpError) as refused:
        check(arguments, **headers)
    assert refused.value.code == HEADER_MISMATCH
