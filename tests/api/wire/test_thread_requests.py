"""The bodies of the thread routes."""

import json
import re
from typing import Any

import pytest

from api.config import load_config
from api.errors import BadRequest, NotFound
from api.parts import TextPart, ToolResultPart
from api.runs.thread_runs import RunRequest
from api.store.records import NewMessage
from api.wire.thread_requests import (
    ThreadFields,
    parse_messages,
    parse_restore,
    parse_run_request,
    parse_thread,
    with_new_ids,
)

CONFIG = load_config({"OPENAI_BASE_URL": "http://x/v1", "LLM_MODEL": "a,b", "MAX_MESSAGE_CHARS": "9"})
NOTHING = dict.fromkeys(("content", "parent_id", "continue_id", "model", "temperature", "max_tokens"))


def message(**fields: Any) -> dict[str, Any]:
    """Make a message to import that is fine but for these fields."""
    return {"role": "user", "parts": [{"type": "text", "text": "x"}], **fields}


FOUND = [{"type": "text", "text": "found"}]


def said(text: str) -> tuple[TextPart]:
    return (TextPart(text),)


def test_a_thread_has_what_is_given_and_nothing_else() -> None:
    assert parse_thread({"title": "Wine", "model": "b"}, CONFIG) == ThreadFields("Wine", "b", None, None)
    assert parse_thread({"system_prompt": "", "deleted": False}, CONFIG, ("deleted",)) == ThreadFields(
        None, None, "", None
    )
    assert parse_thread({"tools_off": ["a", "b/c", "a"]}, CONFIG) == ThreadFields(None, None, None, ("a", "b/c"))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "The body has to be a JSON object"),
        ({"name": "x"}, "Unknown field 'name'. The fields are title, model, system_prompt, tools_off."),
        ({"title": 5}, "title has to be a text."),
        ({"title": "x" * 201}, "title has 201 characters; at most 200"),
        ({"title": "\ud800"}, "title contains half of a surrogate pair"),
        ({"model": "gpt"}, "Unknown model 'gpt'."),
        ({"system_prompt": "x" * 10}, "system_prompt has 10 characters; at most 9"),
        ({"tools_off": "a"}, "tools_off has to be a list of names."),
        ({"tools_off": ["a"] * 501}, "tools_off has 501 entries; at most 500"),
        ({"tools_off": ["a" * 301]}, "tools_off[0] has 301 characters; at most 300"),
        ({"title": None, "created_at": 1}, "Unknown field 'created_at'."),
    ],
)
def test_what_is_wrong_with_a_thread_is_said(body: Any, sentence: str) -> None:
    with pytest.raises(BadRequest, match=f"^{re.escape(sentence)}"):
        parse_thread(body, CONFIG)


def test_only_false_brings_a_deleted_thread_back() -> None:
    assert parse_restore({"deleted": False})
    assert not parse_restore({"title": "x"})
    for value in (True, 0, "false"):
        with pytest.raises(BadRequest, match="deleted can only be false"):
            parse_restore({"deleted": value})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"content": "hi"}, {"content": "hi", "is_first": False}),
        ({"content": "hi", "parent_id": None}, {"content": "hi", "is_first": True}),
        ({"parent_id": "m"}, {"parent_id": "m", "is_first": False}),
        ({"continue_id": "m", "model": "b"}, {"continue_id": "m", "model": "b", "is_first": False}),
        ({"content": "hi", "temperature": 1, "max_tokens": 5}, {"content": "hi", "temperature": 1.0, "max_tokens": 5}),
    ],
)
def test_a_run_is_asked_for_below_beside_or_after_a_message(body: Any, expected: dict[str, Any]) -> None:
    assert parse_run_request(body, CONFIG) == RunRequest(**{"is_first": False, **NOTHING, **expected})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("hi", "The body has to be a JSON object"),
        ({"content": " \n"}, "query is empty"),
        ({"content": "x", "continue_id": "m"}, "content and continue_id exclude each other."),
        ({"content": "x" * 10}, "content has 10 characters; at most 9"),
        ({"content": ["x"]}, "content has to be a text."),
        ({"content": "x", "parent_id": "m" * 101}, "parent_id has 101 characters; at most 100"),
        ({"content": "x", "model": "gpt"}, "Unknown model 'gpt'."),
        ({"content": "x", "temperature": 3}, "temperature has to be a number between 0 and 2."),
        ({"content": "x", "max_tokens": 0}, "max_tokens has to be a whole number of at least 1."),
        ({"content": "x", "stream": True}, "Unknown field 'stream'."),
    ],
)
def test_what_is_wrong_with_a_run_is_said(body: Any, sentence: str) -> None:
    with pytest.raises(BadRequest, match=f"^{re.escape(sentence)}"):
        parse_run_request(body, CONFIG)


def test_an_import_is_read_as_the_list_of_messages_gives_it() -> None:
    result = {"type": "tool_result", "tool_call_id": "c", "content": "found", "is_error": True}
    entries = [
        message(message_id="1", parent_id=None, created_at=5, thread_id="t", run=None),
        message(message_id="2", parent_id="1", role="assistant", parts=[result], status="failed"),
    ]
    assert tuple(parse_messages(entries, CONFIG)) == (
        NewMessage("user", said("x"), None, "1", 5.0),
        NewMessage("assistant", (ToolResultPart("c", FOUND, is_error=True),), "1", "2", status="failed"),
    )


def test_what_a_provider_wants_back_is_imported_again() -> None:
    call = {"type": "tool_call", "tool_call_id": "c", "name": "f", "arguments": "{}"}
    kept = {"tool_call": {"extra_content": {"google": {"thought_signature": "s"}}}}
    entries = [message(parts=[call, {**call, "provider_fields": None}, {**call, "provider_fields": kept}])]
    (imported,) = parse_messages(entries, CONFIG)
    assert [part.provider_fields for part in imported.parts] == [None, None, kept]  # type: ignore[union-attr]


@pytest.mark.parametrize("kept", ["text", [1], {"a": "x" * 3_000_000}, json.loads('{"a":' * 300 + "1" + "}" * 300)])
def test_provider_fields_are_a_small_object(kept: object) -> None:
    call = {"type": "tool_call", "tool_call_id": "c", "name": "f", "arguments": "{}", "provider_fields": kept}
    with pytest.raises(BadRequest, match="provider_fields has to be an object"):
        list(parse_messages([message(parts=[call])], CONFIG))


def test_what_nobody_writes_any_more_is_interrupted() -> None:
    (imported,) = parse_messages([message(status="running")], CONFIG)
    assert imported.status == "interrupted"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "messages has to be a list."),
        ([{}] * 10_001, "messages has 10001 entries; at most 10000 are allowed."),
        (["hi"], "The body has to be a JSON object"),
        ([message(author="me")], "Unknown field 'author'."),
        ([message(role="bot")], "messages[0] has the unknown role 'bot'."),
        ([message(parts=None)], "messages[0].parts has to be a list."),
        ([message(parts=["x"])], "messages[0].parts[0] has to have a type of text, reasoning"),
        ([message(parts=[{"type": "x"}])], "messages[0].parts[0] has to have a type of text, reasoning"),
        ([message(parts=[{"type": "text"}])], "messages[0].parts[0].text is missing or of the wrong kind."),
        ([message(parts=[{"type": "text", "text": "\ud800"}])], "messages[0].parts[0].text contains half"),
        ([message(), message(parent_id="a")], "messages[1].parent_id names no message before it."),
        ([message(message_id="a")] * 2, "messages[1].message_id names a message before it."),
        ([message(status="odd")], "messages[0] has the unknown status 'odd'."),
        ([message(created_at=True)], "created_at has to be a number"),
    ],
)
def test_what_is_wrong_with_an_import_is_said(value: Any, sentence: str) -> None:
    with pytest.raises((BadRequest, NotFound), match=f"^{re.escape(sentence)}"):
        tuple(parse_messages(value, CONFIG))


def test_imported_messages_get_ids_of_their_own_and_keep_their_tree() -> None:
    imported = (NewMessage("user", (), None, "1"), NewMessage("assistant", (), "1", "2"), NewMessage("user", ()))
    root, child, nameless = with_new_ids(imported)
    assert child.parent_id == root.message_id
    assert {root.message_id, child.message_id, nameless.message_id}.isdisjoint({"1", "2", None})
    assert nameless.parent_id is None
