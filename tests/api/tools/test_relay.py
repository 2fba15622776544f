"""What a relayed line becomes: as it is, or an error under its number."""

import json

import pytest

from api.tools.relay import MAX_BYTES, MAX_MARKS, TOO_MUCH, bounded

MANY = "[" + '"x",' * MAX_MARKS + "0]"


def test_a_bounded_line_stays_as_it_is() -> None:
    line = b'{"jsonrpc":"2.0","id":7,"result":{"text":"' + b"x" * 1_000_000 + b'"}}'
    assert bounded(line, b"", is_long=False) == line + b"\n"


@pytest.mark.parametrize(
    "line",
    [
        f'{{"jsonrpc":"2.0","id":7,"result":{MANY}}}',
        f'{{"jsonrpc": "2.0", "id": 7, "result": {MANY}}}',
        f'{{"id":7,"jsonrpc":"2.0","result":{MANY}}}',
        f'{{"jsonrpc":"2.0","result":{{"id":1,"rows":{MANY}}},"id":7}}',
        f'{{"result":{{"id":1,"rows":{MANY}}},"id":7,"jsonrpc":"2.0"}}',
    ],
)
def test_one_with_too_many_pieces_is_an_error_under_its_number(line: str) -> None:
    read = json.loads(bounded(line.encode(), b"", is_long=False))
    assert (read["id"], read["error"]["message"]) == (7, TOO_MUCH)


def test_one_that_is_too_long_has_its_number_before_or_after_what_is_dropped() -> None:
    assert json.loads(bounded(b'xxx"}}', b'{"jsonrpc":"2.0","id":3,"result":{"text":"xxx', is_long=True))["id"] == 3
    assert json.loads(bounded(b'xxx"},"id":4}', b'{"jsonrpc":"2.0","result":{"text":"xxx', is_long=True))["id"] == 4
    assert MAX_BYTES > 10_000_000


def test_one_whose_number_is_nowhere_is_nothing() -> None:
    assert bounded(f'{{"jsonrpc":"2.0","method":"x","params":{MANY}}}'.encode(), b"", is_long=False) == b""
