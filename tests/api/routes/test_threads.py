"""Threads over HTTP, on both databases and under both worker classes."""

import json
from typing import Any

import pytest

from tests.support.provider.scenario import Scenario
from tests.support.thread_api import PAIRS, ThreadApi, text_of

# Rows go in and out: each class and each database once. What runs do is tested with every pair.
pytestmark = pytest.mark.parametrize("thread_api", PAIRS[2:], ids="-".join, indirect=True, scope="module")

FIELDS = {"thread_id", "title", "model", "system_prompt", "tools_off", "created_at", "updated_at"}


def test_a_thread_is_created_read_changed_and_listed(thread_api: ThreadApi) -> None:
    created = thread_api.ask("POST", "/threads", json={"title": "Wine", "model": "m1", "system_prompt": "Pour."})
    thread = created.json()
    assert (created.status_code, set(thread)) == (201, FIELDS)
    path = f"/threads/{thread['thread_id']}"
    assert thread_api.ask("GET", path, at=thread_api.other).json() == thread
    changed = thread_api.ask("PATCH", path, json={"title": "Cheese"}).json()
    assert (changed["title"], changed["model"], changed["system_prompt"]) == ("Cheese", "m1", "Pour.")
    assert thread_api.ask("PATCH", path, json={"model": "", "system_prompt": ""}).json()["model"] == ""
    assert thread_api.ask("GET", "/threads", at=thread_api.other).json()["threads"][0]["title"] == "Cheese"


def test_a_list_goes_on_with_its_cursor(thread_api: ThreadApi) -> None:
    made = [thread_api.create_thread(title=f"page {number}") for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        query = {"query": "page", "limit": "2", **({"cursor": cursor} if cursor else {})}
        page = thread_api.ask("GET", "/threads", params=query).json()
        seen += [thread["thread_id"] for thread in page["threads"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (made[::-1], None)


def test_search_finds_titles_questions_and_answers(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(text="Der Käse heißt Appenzeller."))
    asked = thread_api.create_thread(title="Unrelated")
    thread_api.run(asked, content="Which zebracheese?", model=model)
    for query in ("appenz", "ZEBRACHEESE", "kase heisst"):
        found = thread_api.ask("GET", "/threads", params={"query": query}).json()["threads"]
        assert asked in [thread["thread_id"] for thread in found], query
    assert thread_api.ask("GET", "/threads", params={"query": "nowhere-at-all"}).json()["threads"] == []
    assert thread_api.ask("GET", "/threads", params={"query": "'\"%\0 ("}).json()["threads"] == []


def test_a_deleted_thread_is_gone_and_comes_back(thread_api: ThreadApi) -> None:
    thread_id = thread_api.create_thread(title="deletable")
    path = f"/threads/{thread_id}"
    assert thread_api.ask("DELETE", path).status_code == 204
    for method, route in (("GET", path), ("DELETE", path), ("PATCH", path), ("GET", f"{path}/messages")):
        refused = thread_api.ask(method, route, at=thread_api.other, **({"json": {}} if method == "PATCH" else {}))
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert thread_api.start(thread_id, content="x").status_code == 404
    assert thread_api.ask("GET", "/threads", params={"query": "deletable"}).json()["threads"] == []
    restored = thread_api.ask("PATCH", path, json={"deleted": False, "title": "back"})
    assert (restored.status_code, restored.json()["title"]) == (200, "back")
    assert thread_api.ask("GET", path).status_code == 200


def test_deleting_a_thread_ends_its_run(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(text="x" * 400, chunks_per_second=10))
    thread_id = thread_api.create_thread()
    run_id = thread_api.start(thread_id, content="x", model=model).headers["X-Run-Id"]
    thread_api.call(model)
    assert thread_api.ask("DELETE", f"/threads/{thread_id}", at=thread_api.other).status_code == 204
    assert thread_api.ended(run_id)["status"] == "cancelled"


def test_an_untitled_thread_is_named_by_its_first_message(thread_api: ThreadApi) -> None:
    thread_id = thread_api.create_thread()
    for content in ("## What is *wine*?\nTell me.", "And cheese?"):
        thread_api.run(thread_id, content=content, model=thread_api.script())
        assert thread_api.ask("GET", f"/threads/{thread_id}").json()["title"] == "## What is *wine*?"


def test_an_export_is_imported_with_ids_of_its_own(thread_api: ThreadApi) -> None:
    model = thread_api.script(Scenario(text="Answer.", reasoning="Hm."))
    thread_id = thread_api.create_thread(title="Original")
    thread_api.run(thread_id, content="one", model=model)
    thread_api.run(thread_id, content="two", model=model, parent_id=None)
    exported = thread_api.messages(thread_id)
    copies = [thread_api.create_thread(title="Copy", messages=exported) for _ in range(2)]
    for copy in copies:
        imported = thread_api.messages(copy)
        assert [_shape(message) for message in imported] == [_shape(message) for message in exported]
        assert _tree(imported) == _tree(exported)
        assert not {message["message_id"] for message in imported} & {message["message_id"] for message in exported}
    thread_api.run(copies[0], content="three", model=model)
    assert [text for _, text in thread_api.told(model)] == ["two", "Answer.", "three"]


def test_a_conversation_larger_than_a_question_may_be_is_imported(thread_api: ThreadApi) -> None:
    entries = [
        {
            "message_id": f"m{number}",
            "parent_id": f"m{number - 1}" if number else None,
            "role": "assistant" if number % 2 else "user",
            "parts": [{"type": "text", "text": f"{number} {'word ' * 250}"}],
        }
        for number in range(2_000)
    ]
    assert len(json.dumps(entries)) > 2_000_000
    path = f"/threads/{thread_api.create_thread(messages=entries)}/messages"
    page = thread_api.ask("GET", path).json()
    imported = page["messages"]
    while cursor := page["next_cursor"]:
        page = thread_api.ask("GET", path, params={"cursor": cursor}).json()
        imported += page["messages"]
    assert [message["parts"][0]["text"] for message in imported] == [entry["parts"][0]["text"] for entry in entries]
    assert [message["parent_id"] for message in imported[1:]] == [message["message_id"] for message in imported[:-1]]


def test_an_import_knows_how_its_answers_ended(thread_api: ThreadApi) -> None:
    parts = [{"type": "text", "text": "half"}]
    entries = [
        {"role": "assistant", "parts": parts, "status": status} for status in ("interrupted", "running", "failed")
    ]
    imported = thread_api.messages(thread_api.create_thread(messages=entries))
    assert [message["status"] for message in imported] == ["interrupted", "interrupted", "failed"]


@pytest.mark.parametrize(
    ("method", "path", "body", "sentence"),
    [
        ("POST", "/threads", {"messages": [{"role": "bot"}]}, "messages[0] has the unknown role 'bot'."),
        ("PATCH", "/threads/{}", {"deleted": True}, "deleted can only be false"),
        ("GET", "/threads?limit=٣", None, "limit has to be between 1 and 200."),
        ("GET", "/threads/{}/messages?limit=201", None, "limit has to be between 1 and 200."),
        ("GET", "/threads/{}/messages?cursor=x", None, "This cursor is not one that a page gave."),
    ],
)
def test_what_is_wrong_is_said(thread_api: ThreadApi, method: str, path: str, body: Any, sentence: str) -> None:
    if "{}" in path:
        path = path.format(thread_api.create_thread())
    headers = {"Content-Type": "application/json"}
    refused = thread_api.ask(method, path, data=json.dumps(body) if body is not None else None, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert refused.json()["error"].startswith(sentence)


@pytest.mark.parametrize("strange", ["nope", "%00", "%ff%fe", "a" * 2000, "%27%3B--", "%F0%9F%A6%86"])
def test_a_thread_or_run_that_is_not_there_is_not_found(thread_api: ThreadApi, strange: str) -> None:
    for path in (f"/threads/{strange}", f"/threads/{strange}/messages", f"/runs/{strange}", f"/runs/{strange}/events"):
        refused = thread_api.ask("GET", path)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), path
    for path in (f"/threads/{strange}/runs", f"/runs/{strange}/cancel"):
        assert thread_api.ask("POST", path, json={"content": "x"}).status_code == 404


def test_text_that_databases_dislike_is_kept_or_replaced(thread_api: ThreadApi) -> None:
    thread_id = thread_api.create_thread(title="a\0b 🦆")
    thread_api.run(thread_id, content="nul\0 \u2028 🦆 'x\"", model=thread_api.script())
    question, answer = thread_api.messages(thread_id)
    assert thread_api.ask("GET", f"/threads/{thread_id}").json()["title"].endswith("b 🦆")
    assert text_of(question) == text_of(answer) == "nul\0 \u2028 🦆 'x\""


def test_messages_come_in_pages(thread_api: ThreadApi) -> None:
    entries = [{"role": "user", "parts": [{"type": "text", "text": str(number)}]} for number in range(5)]
    thread_id = thread_api.create_thread(messages=entries)
    path = f"/threads/{thread_id}/messages"
    first = thread_api.ask("GET", path, params={"limit": "3"}).json()
    rest = thread_api.ask("GET", path, params={"limit": "3", "cursor": first["next_cursor"]}).json()
    assert [text_of(message) for message in (*first["messages"], *rest["messages"])] == ["0", "1", "2", "3", "4"]
    assert rest["next_cursor"] is None


def _shape(message: dict[str, Any]) -> tuple[Any, ...]:
    return message["role"], message["parts"], message["status"], message["created_at"]


def _tree(messages: list[dict[str, Any]]) -> list[int | None]:
    places = {message["message_id"]: place for place, message in enumerate(messages)}
    return [places.get(message["parent_id"]) for message in messages]
