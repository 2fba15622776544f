"""Which generation a request is of, and what one of the new generation has to say."""

from typing import Any

import pytest

from api.wire.mcp.eras import Era, classify
from api.wire.mcp.messages import Request
from api.wire.mcp.protocol import (
    CAPABILITIES_FIELD,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_VERSION,
    VERSION_FIELD,
    McpError,
)
from tests.support.mcp_face import META, MODERN, OLDER


def era_of(method: str = "tools/list", *, has_session: bool = False, params: Any = None, **headers: str) -> Era:
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    request = Request(1, method, params or {})
    return classify(request, lambda name: named.get(name.lower()), has_session=has_session)


def refusal(method: str = "tools/list", **options: Any) -> McpError:
    with pytest.raises(McpError) as refused:
        era_of(method, **options)
    assert refused.value.status == 400
    return refused.value


def modern(method: str = "tools/list", **params: Any) -> Era:
    headers = {"MCP_Protocol_Version": MODERN, "Mcp_Method": method}
    return era_of(method, params={**params, "_meta": META}, **headers)


def test_a_request_of_the_new_generation_says_so_in_its_meta_and_headers() -> None:
    assert modern() == Era(MODERN, is_modern=True)


@pytest.mark.parametrize("version", [OLDER, "2025-06-18", "2025-03-26", "2024-11-05"])
def test_an_older_header_is_the_older_generation(version: str) -> None:
    assert era_of(MCP_Protocol_Version=version) == Era(version, is_modern=False)


def test_no_header_and_no_meta_is_the_older_generation() -> None:
    assert era_of("initialize") == Era(OLDER, is_modern=False)
    assert era_of(Mcp_Method="tools/list") == Era(OLDER, is_modern=False)  # mcp-remote


def test_initialize_after_a_good_discover_is_answered() -> None:
    assert not era_of("initialize", MCP_Protocol_Version=MODERN).is_modern


def test_a_newer_header_than_the_session_has_agreed_on_is_forgiven() -> None:
    assert not era_of(MCP_Protocol_Version=MODERN, has_session=True).is_modern
    assert refusal(MCP_Protocol_Version=MODERN).code == INVALID_PARAMS


@pytest.mark.parametrize("field", [VERSION_FIELD, CAPABILITIES_FIELD])
def test_a_field_that_is_missing_is_named(field: str) -> None:
    meta = {name: value for name, value in META.items() if name != field}
    error = refusal(params={"_meta": meta}, MCP_Protocol_Version=MODERN, Mcp_Method="tools/list")
    assert (error.code, field in str(error)) == (INVALID_PARAMS, True)


@pytest.mark.parametrize("wrong", [{VERSION_FIELD: 7}, {VERSION_FIELD: None}, {CAPABILITIES_FIELD: []}])
def test_fields_of_the_wrong_kind_are_refused(wrong: dict[str, Any]) -> None:
    meta = {**META, **wrong}
    headers = {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/list"}
    assert refusal(params={"_meta": meta}, **headers).code == INVALID_PARAMS


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"MCP_Protocol_Version": MODERN},
        {"MCP_Protocol_Version": OLDER, "Mcp_Method": "tools/list"},
        {"MCP_Protocol_Version": MODERN, "Mcp_Method": "Tools/List"},
        {"MCP_Protocol_Version": f"{MODERN},{MODERN}", "Mcp_Method": "tools/list"},
    ],
    ids=str,
)
def test_headers_that_say_something_else_are_refused(headers: dict[str, str]) -> None:
    assert refusal(params={"_meta": META}, **headers).code == HEADER_MISMATCH


def test_the_name_is_repeated_in_a_header() -> None:
    headers = {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/call"}
    params = {"name": "fragé", "_meta": META}
    assert refusal("tools/call", params=params, **headers).code == HEADER_MISMATCH
    assert refusal("tools/call", params=params, Mcp_Name="=?base64?ZnJhZ8Op=?=", **headers).code == HEADER_MISMATCH
    assert era_of("tools/call", params=params, Mcp_Name="=?base64?ZnJhZ8Op?=", **headers).is_modern


def test_an_unknown_version_is_told_which_there_are() -> None:
    meta = {**META, VERSION_FIELD: "2099-01-01"}
    headers = {"MCP_Protocol_Version": "2099-01-01", "Mcp_Method": "tools/list"}
    error = refusal(params={"_meta": meta}, **headers)
    assert (error.code, error.detail) == (UNSUPPORTED_VERSION, {"supported": [MODERN], "requested": "2099-01-01"})
    assert refusal(MCP_Protocol_Version="junk").code == UNSUPPORTED_VERSION
