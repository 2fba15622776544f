"""The JSON of the API as the page's values: no I/O; fields and parts this page does not know are left out."""

from collections.abc import Mapping
from typing import Any

from ui.errors import RETRYABLE_CODES
from ui.events import Usage
from ui.messages import Message, Part, RunRequest, Status
from ui.threads import MessagePage, Thread, ThreadPage

Fields = Mapping[str, Any]
ENDED = 0.0


def decode_thread(fields: Fields) -> Thread:
    """Return the thread.

    Raises:
        KeyError, TypeError, ValueError: that is no thread.
    """
    return Thread(
        str(fields["thread_id"]),
        str(fields["title"]),
        str(fields["model"]),
        str(fields["system_prompt"]),
        float(fields["updated_at"]),
    )


def decode_thread_page(fields: Fields) -> ThreadPage:
    """Return the page of threads.

    Raises:
        KeyError, TypeError, ValueError: that is no page of threads.
    """
    return ThreadPage(tuple(map(decode_thread, fields["threads"])), fields.get("next_cursor"))


def decode_message_page(fields: Fields) -> MessagePage:
    """Return the page of messages.

    Raises:
        KeyError, TypeError, ValueError: that is no page of messages.
    """
    return MessagePage(tuple(map(decode_message, fields["messages"])), fields.get("next_cursor"))


def decode_message(fields: Fields) -> Message:
    """Return the message; one that is running has the parts it began with, and its last one is open.

    Raises:
        KeyError, TypeError, ValueError: that is no message.
    """
    is_running = fields["status"] == "running"
    run = fields.get("run") or {}
    error = run.get("error") or {}
    usage = run.get("usage")
    return Message(
        message_id=str(fields["message_id"]),
        parent_id=fields["parent_id"],
        role=fields["role"],
        parts=_parts(fields["parts"], is_open=is_running),
        status=Status.WAITING if is_running else Status(fields["status"]),
        run_id=run.get("run_id"),
        is_replayed=True,
        is_settled=not is_running,
        sentence=error.get("message") or "",
        is_retryable=error.get("code") in RETRYABLE_CODES,
        finish_reason=run.get("finish_reason") or "",
        usage=Usage(usage["input_tokens"], usage["output_tokens"], bool(usage["estimated"])) if usage else None,
    )


def encode_run_request(request: RunRequest) -> dict[str, Any]:
    """Return the body that starts the run; `parent_id` is left out only where an answer goes on."""
    if request.continue_id is not None:
        return {"continue_id": request.continue_id}
    body: dict[str, Any] = {"parent_id": request.parent_id}
    return body if request.content is None else {**body, "content": request.content}


def _parts(stored: list[Fields], *, is_open: bool) -> list[Part]:
    parts = []
    for fields in stored:
        match fields["type"]:
            case "text":
                parts.append(Part("text", [str(fields["text"])], ended_at=ENDED))
            case "reasoning":
                parts.append(Part("reasoning", [str(fields["text"])], ended_at=ENDED))
            case "tool_call":
                parts.append(Part("tool_call", [str(fields["name"])], ended_at=ENDED))
    if parts and is_open:
        parts[-1].ended_at = None
    return parts
