"""The names of tools at providers, what may be called unasked, and what a decision is bound to."""

import re

import pytest

from api.tool_names import provider_name
from api.tools.policy import definition_hash, policy_of
from api.tools.servers import McpServer

PAIRS = [
    ("files", "read"),
    ("files", "_read"),
    ("files_", "read"),
    ("files__a", "read"),
    ("files", "a__read"),
    ("f.iles", "read"),
    ("f_iles", "read"),
    ("files", "r" * 128),
    ("files", "r" * 127 + "s"),
    ("文件", "读"),
    ("a", "b_c"),
    ("a_b", "c"),
]


def test_a_plain_pair_reads_as_it_is() -> None:
    assert provider_name("files", "read_text") == "files__read_text"


def test_every_pair_has_a_name_of_its_own_that_providers_take() -> None:
    names = [provider_name(*pair) for pair in PAIRS]
    assert len(set(names)) == len(PAIRS)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)


@pytest.mark.parametrize(
    ("is_trusted", "is_read_only", "policies", "expected"),
    [
        (False, True, {}, "ask"),
        (True, False, {}, "ask"),
        (True, True, {}, "always"),
        (True, True, {"*": "ask"}, "ask"),
        (False, False, {"*": "never", "t": "always"}, "always"),
    ],
)
def test_only_a_trusted_server_is_believed_that_a_tool_only_reads(
    is_trusted: bool, is_read_only: bool, policies: dict, expected: str
) -> None:
    server = McpServer("s", policies=policies, is_trusted=is_trusted)
    assert policy_of(server, "t", is_read_only=is_read_only) == expected


def test_a_definition_that_changes_is_another_one_and_its_order_says_nothing() -> None:
    assert definition_hash({"a": 1, "b": 2}) == definition_hash({"b": 2, "a": 1})
    assert definition_hash({"a": 1, "b": 2}) != definition_hash({"a": 1, "b": 3})
