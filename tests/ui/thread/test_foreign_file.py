"""A file that is no chat exported here is called what it is, with what could be imported instead."""

import json
from typing import Any

import pytest

from tests.ui.thread.test_thread_file import MESSAGES, THREAD
from ui import texts
from ui.thread.thread_file import UnreadableExport, from_json, to_json, to_markdown

GPT = {"title": "T", "create_time": 1.0, "mapping": {"a": {"id": "a", "message": None}}, "current_node": "a"}
CLAUDE = {"uuid": "u", "name": "T", "chat_messages": [{"uuid": "m", "text": "hi", "sender": "human"}]}
HISTORY = {"messages": {"m": {"id": "m", "role": "user", "content": "hi"}}, "currentId": "m"}
WEBUI = {"id": "c", "title": "T", "chat": {"title": "T", "models": ["m"], "history": HISTORY, "messages": []}}
LIBRE = {
    "conversationId": "c",
    "endpoint": "openAI",
    "title": "T",
    "messages": [{"messageId": "m", "parentMessageId": "0", "sender": "User", "text": "hi", "isCreatedByUser": True}],
}
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize(
    ("exported", "source"),
    [
        ([GPT, GPT], "ChatGPT"),
        (GPT, "ChatGPT"),
        ([CLAUDE], "Claude"),
        (CLAUDE, "Claude"),
        ([{**CLAUDE, "chat_messages": []}], "Claude"),
        ([WEBUI], "Open WebUI"),
        (WEBUI, "Open WebUI"),
        (WEBUI["chat"], "Open WebUI"),
        (LIBRE, "LibreChat"),
        ({**LIBRE, "messages": []}, "LibreChat"),
        ({"title": "T", "messages": LIBRE["messages"]}, "LibreChat"),
        ([{"header": "Gemini Apps", "title": "Prompted hi", "time": "2026"}], "Gemini"),
        ({"version": 4, "history": [], "folders": [], "prompts": []}, "Chatbot UI"),
        ({"data": {"chats": [], "prompts": []}}, "TypingMind"),
        (REQUEST, texts.SOURCE_REQUEST),
        (REQUEST["messages"], texts.SOURCE_REQUEST),
    ],
)
def test_the_export_of_another_program_is_called_by_its_name(exported: Any, source: str) -> None:
    with pytest.raises(UnreadableExport) as refusal:
        from_json(json.dumps(exported).encode())
    assert str(refusal.value) == f"{texts.IMPORT_FOREIGN.format(source=source)} {texts.IMPORT_WORKS}"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", texts.FILE_EMPTY),
        (b" \r\n\t", texts.FILE_EMPTY),
        (b"PK\x03\x04\x14\0\0\0conversations.json", texts.FILE_ZIP),
        (b"\x1f\x8b\x08\0", texts.FILE_ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c\0", texts.FILE_ARCHIVE),
        (b"\x89PNG\r\n\x1a\n\0\0", texts.FILE_IMAGE),
        (b"\xff\xd8\xff\xe0\0", texts.FILE_IMAGE),
        (b"GIF89a", texts.FILE_IMAGE),
        (b"RIFF\0\0\0\0WEBPVP8 ", texts.FILE_IMAGE),
        (b"\0\0\0\x18ftypheic", texts.FILE_IMAGE),
        (b"\0\0\0\x18ftypisom", texts.FILE_MEDIA),
        (b'<?xml version="1.0"?>\n<svg xmlns="x">', texts.FILE_IMAGE),
        (b"%PDF-1.7\n", texts.FILE_PDF),
        (b"SQLite format 3\0", texts.FILE_DATABASE),
        (b"<!DOCTYPE html>\n<html>", texts.FILE_PAGE),
        (to_markdown(THREAD, MESSAGES, None).encode(), texts.FILE_MARKDOWN),
        (b'{\n "title": "x",\n "messages": [,]\n}', texts.NOT_JSON_FROM.format(line=3, column=15)),
        (b'{\n "title": "x",\n', texts.NOT_JSON_CUT.format(line=3)),
        (to_json(THREAD, MESSAGES)[:-40], "not JSON"),
        (b'{"a": 1}\n{"a": 2}\n', texts.NOT_JSON_LINES),
        (b"hello", texts.NOT_JSON_FROM.format(line=1, column=1)),
        (b"\xff\xfe\xfd", texts.NOT_JSON),
        (b"[" * 100_000, texts.NOT_JSON),
        (b'{"messages": [' + json.dumps(MESSAGES[0]).encode() + b", 3]}", texts.NO_MESSAGE.format(number=2)),
        (b"3", texts.NO_MESSAGES),
    ],
)
def test_another_file_is_called_what_it_is(content: bytes, kind: str) -> None:
    with pytest.raises(UnreadableExport) as refusal:
        from_json(content)
    assert kind in str(refusal.value)
    assert str(refusal.value).endswith(texts.IMPORT_WORKS)


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 2, "messages": []},
        {"messages": [{**MESSAGES[0], "parts": [{"type": "image", "url": "x"}]}]},
        {"messages": [{**MESSAGES[0], "role": "critic"}]},
    ],
)
def test_a_chat_of_a_newer_version_is_told_from_a_broken_one(fields: dict[str, Any]) -> None:
    with pytest.raises(UnreadableExport) as refusal:
        from_json(json.dumps(fields).encode())
    assert str(refusal.value) == texts.IMPORT_NEWER


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_was_exported_here_comes_back_however_it_was_saved(mark: bytes) -> None:
    messages = [
        MESSAGES[0],
        {
            **MESSAGES[1],
            "status": "failed",
            "parts": [
                {"type": "reasoning", "text": "h\ud800m\u2028"},
                {"type": "tool_call", "tool_call_id": "c", "name": "n", "arguments": "{"},
                {"type": "tool_result", "tool_call_id": "c", "content": "x", "is_error": True},
                {"type": "text", "text": "```\n"},
            ],
        },
    ]
    assert from_json(mark + to_json(THREAD, messages))["messages"] == messages
