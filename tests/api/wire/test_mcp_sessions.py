"""Session ids that are signed and not stored."""

import pytest

from api.config import load_config
from api.ids import new_id
from api.wire.mcp.sessions import call_key, is_genuine, session_key, sign

KEY = session_key(load_config({"API_TOKEN": "a"}))


def test_a_genuine_id_is_one_for_its_account_only() -> None:
    session_id = sign(KEY, "local", new_id())
    assert is_genuine(KEY, "local", session_id)
    assert not is_genuine(KEY, "other", session_id)


def test_workers_of_a_deployment_share_the_key_and_others_do_not() -> None:
    assert session_key(load_config({"API_TOKEN": "a", "PORT": "9"})) == KEY
    assert session_key(load_config({"API_TOKEN": "b"})) != KEY


@pytest.mark.parametrize("forged", ["", "x", ".", "a" * 69, "é" * 69, "0" * 36 + "." + "0" * 32, "x" * 100_000])
def test_a_forged_id_is_none(forged: str) -> None:
    assert not is_genuine(KEY, "local", forged)


def test_an_id_that_was_changed_is_none() -> None:
    session_id = sign(KEY, "local", new_id())
    assert not is_genuine(KEY, "local", f"0{session_id[1:]}" if session_id[0] != "0" else f"1{session_id[1:]}")
    assert not is_genuine(KEY, "local", session_id + "\n")


def test_calls_differ_by_session_and_by_the_kind_of_their_number() -> None:
    keys = {call_key("s", 1), call_key("s", "1"), call_key("t", 1), call_key("s", 2), call_key("s", "\ud800")}
    assert len(keys) == 5
    assert call_key("s", 1) == call_key("s", 1)
