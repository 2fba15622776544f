"""The JSON of the API as the page's values: no I/O; fields and parts this page does not know are left out."""

from collections.abc import Mapping
from typing import Any

from ui.events import Usage
from ui.messages import Failure, Message, Progress, RunRequest, Status
from ui.parts import ENDED, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ui.threads import MessagePage, Thread, ThreadPage

JsonObject = Mapping[str, Any]


def decode_thread(body: JsonObject) -> Thread:
    """Return the thread.

    Raises:
        KeyError, TypeError, ValueError: that is no thread.
    """
    return Thread(
        str(body["thread_id"]),
        str(body["title"]),
        str(body["model"]),
        str(body["system_prompt"]),
        float(body["updated_at"]),
    )


def decode_thread_page(body: JsonObject) -> ThreadPage:
    """Return the page of threads.

    Raises:
        KeyError, TypeError, ValueError: that is no page of threads.
    """
    return ThreadPage(tuple(map(decode_thread, body["threads"])), body.get("next_cursor"))


def decode_message_page(body: JsonObject) -> MessagePage:
    """Return the page of messages.

    Raises:
        KeyError, TypeError, ValueError: that is no page of messages.
    """
    return MessagePage(tuple(map(decode_message, body["messages"])), body.get("next_cursor"))


def decode_message(body: JsonObject) -> Message:
    """Return the message; one that is running has the parts it began with, and its last one is open.

    Raises:
        KeyError, TypeError, ValueError: that is no message.
    """
    status = Status(body["status"])
    is_running = status is Status.RUNNING
    run = body.get("run") or {}
    error = run.get("error")
    usage = run.get("usage")
    return Message(
        message_id=str(body["message_id"]),
        parent_id=body["parent_id"],
        role=body["role"],
        parts=_parts(body["parts"], is_open=is_running),
        status=status,
        run_id=run.get("run_id"),
        failure=Failure(error.get("message") or "", error.get("retryable") is True) if error else None,
        finish_reason=run.get("finish_reason") or "",
        usage=Usage(usage["input_tokens"], usage["output_tokens"], bool(usage["estimated"])) if usage else None,
        progress=Progress(is_replayed=True) if is_running else None,
    )


def encode_run_request(request: RunRequest) -> dict[str, Any]:
    """Return the body that starts the run; `parent_id` is left out only where an answer goes on."""
    if request.continue_id is not None:
        return {"continue_id": request.continue_id}
    body: dict[str, Any] = {"parent_id": request.parent_id}
    return body if request.content is None else {**body, "content": request.content}


def _parts(stored: list[JsonObject], *, is_open: bool) -> list[Part]:
    parts: list[Part] = []
    for part in stored:
        match part["type"]:
            case "text":
                parts.append(TextPart([str(part["text"])], ended_at=ENDED))
            case "reasoning":
                parts.append(ReasoningPart([str(part["text"])], ended_at=ENDED))
            case "tool_call":
                parts.append(ToolCallPart(str(part["tool_call_id"]), str(part["name"]), str(part["arguments"])))
            case "tool_result":
                is_error = bool(part["is_error"])
                parts.append(ToolResultPart(str(part["tool_call_id"]), str(part["content"]), is_error))
    if is_open and parts and isinstance(last := parts[-1], TextPart | ReasoningPart):
        last.ended_at = None
    return parts
