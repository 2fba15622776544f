"""JSON in pieces is the JSON that one call would decode."""

import random
from typing import Any

import orjson
import pytest

from api.errors import BadRequest
from api.routes import large_json

PIECES = ["{", "}", "[", "]", ",", ":", '"a"', '"b\\""', "1", "null", " ", '"', "\\", '"[,"', '{"a":[', '"m":', "é🦆"]
NOT_JSON = "not JSON"


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be too long for one call."""
    for name, value in {"SMALL_BYTES": -1, "PIECE_BYTES": 10, "WINDOW_BYTES": 7}.items():
        monkeypatch.setattr(large_json, name, value)


def whole(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return NOT_JSON


def in_pieces(body: bytes) -> object:
    try:
        return large_json.decode(body)
    except orjson.JSONDecodeError:
        return NOT_JSON


def some_value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.random()
    if depth > 3 or kind < 0.4:
        return chance.choice([1, None, "x", 'a"b', "[,", "\\", "é🦆", 1.5, True, "", "long " * 9])
    if kind < 0.7:
        return [some_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return {chance.choice("abcde"): some_value(chance, depth + 1) for _ in range(chance.randint(0, 4))}


def test_what_is_json_is_the_same() -> None:
    chance = random.Random(7)
    for _ in range(5000):
        value = {"a": some_value(chance), "b": [some_value(chance) for _ in range(5)]}
        body = b" \n" + orjson.dumps(value, option=chance.choice([0, orjson.OPT_INDENT_2]))
        assert in_pieces(body) == value, body


def test_what_is_none_is_none() -> None:
    chance = random.Random(7)
    for _ in range(20_000):
        body = "".join(chance.choices(PIECES, k=chance.randint(1, 14))).encode()
        body = chance.choice([body, b'{"a":[' + body + b"]}"])
        assert in_pieces(body) == whole(body), body


@pytest.mark.parametrize("body", [b'{"a":["x"', b'{"a":[1,', b'{"a":', b'{"a":["\xff"]}', b'{"a":[,]}', b'{"a":[1,]}'])
def test_what_breaks_off_is_not_json(body: bytes) -> None:
    assert in_pieces(body) == NOT_JSON


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":[' + b"1," * 2_100_000 + b"1]}",
        b'{"a":[' + b'"",' * 2_100_000 + b'""]}',
        b'{"a":[[' + b"1," * 200_000 + b"1]]}",
        b"{" + b'"a":1,' * 200_000 + b'"a":1}',
        b"[" * 200_000,
        b" " * 5000 + b"{}",
        b'{"a":["' + b"x" * 25_000_000 + b'"]}',
        b'{"a":"' + b"x" * 9_000_000 + b'"}',
    ],
    ids=["items", "texts", "values of an item", "names", "depth", "spaces", "a long item", "a long field"],
)
def test_more_than_any_body_of_ours_has_is_refused(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_json, "WINDOW_BYTES", 256_000)
    with pytest.raises(BadRequest, match="The body "):
        large_json.decode(body)
