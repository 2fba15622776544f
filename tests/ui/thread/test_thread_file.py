import json

import pytest

from ui.thread.thread_file import UnreadableExport, file_name, from_json, to_json, to_markdown
from ui.threads import Thread

THREAD = Thread("t", "Wine & cheese", "scripted", "Be short.")


def stored(message_id: str, parent_id: str | None, role: str, *parts: tuple[str, str]) -> dict[str, object]:
    return {
        "message_id": message_id,
        "parent_id": parent_id,
        "thread_id": "t",
        "role": role,
        "parts": [{"type": kind, "text": text} for kind, text in parts],
        "status": "completed",
        "created_at": 1.0,
        "run": None,
    }


MESSAGES = [
    stored("q", None, "user", ("text", "Which?")),
    stored("a", "q", "assistant", ("reasoning", "Hm.\n\nWell."), ("text", "**Red**\n\n* one")),
    stored("b", "q", "assistant", ("text", "White")),
]


def test_json_comes_back_as_it_was() -> None:
    fields = from_json(to_json(THREAD, MESSAGES))
    assert fields == {
        "title": "Wine & cheese",
        "model": "scripted",
        "system_prompt": "Be short.",
        "messages": MESSAGES,
    }


def test_markdown_is_the_branch_that_is_shown() -> None:
    document = to_markdown(THREAD, MESSAGES, "a")
    assert document == (
        "# Wine & cheese\n\n## System prompt\n\nBe short.\n\n## You\n\nWhich?\n\n## Answer\n\n"
        "> **Reasoning**\n>\n> Hm.\n>\n> Well.\n\n**Red**\n\n* one\n"
    )
    assert "White" in to_markdown(THREAD, MESSAGES, None)


def test_markdown_tells_what_tools_were_asked_and_what_they_said() -> None:
    parts = [
        {"type": "tool_call", "tool_call_id": "c", "name": "search", "arguments": '{"q": 1}'},
        {"type": "tool_result", "tool_call_id": "c", "content": "```\ncode\n```", "is_error": False},
        {"type": "tool_result", "tool_call_id": "d", "content": "Broke.", "is_error": True},
    ]
    document = to_markdown(THREAD, [{**MESSAGES[1], "parent_id": None, "parts": parts}], None)
    assert document.endswith(
        '## Answer\n\n*Calls search*\n\n```json\n{"q": 1}\n```\n\n'
        "*Result*\n\n````\n```\ncode\n```\n````\n\n*Error*\n\n```\nBroke.\n```\n"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no messages"),
        (b"{}", "no messages"),
        (b'{"messages": 3}', "no messages"),
        (b'{"messages": [3]}', "one of its messages"),
        (b'{"messages": [{"role": "user"}]}', "one of its messages"),
        (b'{"messages": [{"message_id": "m", "parent_id": null, "role": "user", "parts": [{}]}]}', "one of its"),
    ],
)
def test_another_file_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableExport, match=reason):
        from_json(content)


def test_fields_of_another_kind_are_left_out() -> None:
    content = json.dumps({"title": 3, "model": None, "messages": [], "more": 1}).encode()
    assert from_json(content) == {"messages": []}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Wine & cheese", "Wine cheese.md"),
        ("", "Chat.md"),
        ("../../etc", "etc.md"),
        ("数据", "数据.md"),
        ("x" * 99, "x" * 60 + ".md"),
    ],
)
def test_the_file_has_a_name_every_system_takes(title: str, name: str) -> None:
    assert file_name(Thread("t", title), "md") == name


def test_markdown_tells_what_was_denied_and_why() -> None:
    call = {"type": "tool_call", "tool_call_id": "c", "name": "send", "arguments": "{}", "decision": "deny"}
    parts = [{**call, "reason": "Not *now*"}, {**call, "tool_call_id": "d"}]
    message = {"message_id": "m", "parent_id": None, "role": "assistant", "status": "completed", "run": None}
    text = to_markdown(Thread("t"), [{**message, "parts": parts}], None)
    assert "*Denied: Not \\*now\\**" in text
    assert "*Denied*" in text
