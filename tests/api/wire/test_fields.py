"""The checks for fields of a JSON body."""

import re
from collections.abc import Callable

import pytest

from api.errors import BadRequest
from api.wire.fields import check_text, read_count, read_model, read_number, read_object, read_text


def test_a_field_that_is_absent_is_none() -> None:
    assert read_text({}, "title", 5) is None
    assert read_model({}, ("m",)) is None
    assert (read_number({}, "temperature", 0, 2), read_count({"max_tokens": None}, "max_tokens")) == (None, None)


def test_what_is_right_comes_back_as_it_is() -> None:
    assert read_object({"a": 1}, ("a", "b"), "{}") == {"a": 1}
    assert (read_text({"title": "x" * 5}, "title", 5), read_model({"model": "m"}, ("m",))) == ("x" * 5, "m")
    assert (read_number({"n": 2}, "n", 0, 2), read_count({"n": 10_000_000.0}, "n")) == (2.0, 10_000_000)


def test_an_empty_model_means_none_in_particular() -> None:
    assert read_model({"model": ""}, ("m",)) == ""


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda: read_object([], ("a",), '{"a": 1}'), 'The body has to be a JSON object, as {"a": 1}.'),
        (lambda: read_object({"z": 1, "y": 2}, ("a", "b"), ""), "Unknown field 'y'. The fields are a, b."),
        (lambda: read_text({"title": 5}, "title"), "title has to be a text."),
        (lambda: check_text("x" * 6, "title", 5), "title has 6 characters; at most 5 are allowed."),
        (lambda: check_text("\ud800", "title", 5), "title contains half of a surrogate pair, which is no text."),
        (lambda: read_model({"model": "c"}, ("a", "b")), "Unknown model 'c'. The models are a, b."),
        (lambda: read_number({"n": "1"}, "n", 0, 2), "n has to be a number between 0 and 2."),
        (lambda: read_number({"n": True}, "n", 0, 2), "n has to be a number between 0 and 2."),
        (lambda: read_number({"n": float("nan")}, "n", 0, 2), "n has to be a number between 0 and 2."),
        (lambda: read_number({"n": 2.1}, "n", 0, 2), "n has to be a number between 0 and 2."),
        (lambda: read_count({"n": 0}, "n"), "n has to be a whole number of at least 1."),
        (lambda: read_count({"n": 1.5}, "n"), "n has to be a whole number of at least 1."),
        (lambda: read_count({"n": True}, "n"), "n has to be a whole number of at least 1."),
    ],
)
def test_what_is_wrong_is_said_with_the_name_of_the_field(read: Callable[[], object], sentence: str) -> None:
    with pytest.raises(BadRequest, match=f"^{re.escape(sentence)}$"):
        read()
