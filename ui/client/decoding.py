"""The JSON of the API as the page's values: no I/O; fields and parts this page does not know are left out."""

from collections.abc import Mapping
from typing import Any

from ui.events import Usage
from ui.messages import Failure, Message, Progress, RunRequest, Status, ToolDecision
from ui.parts import ENDED, Part, ReasoningPart, TextPart, ToolCallPart, ToolResult, call_of
from ui.threads import MessagePage, Thread, ThreadPage
from ui.tools import Prompt, PromptArgument, Resource, Tool, ToolServer

REQUIRES_ACTION = "requires_action"

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
        tuple(map(str, body.get("tools_off") or ())),
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
    # A run that waits for a person goes on: its events say for what.
    status = Status.RUNNING if body["status"] == REQUIRES_ACTION else Status(body["status"])
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
    if request.tool is not None:
        body["tool"] = {"name": request.tool.name, "arguments": request.tool.arguments}
    return body if request.content is None else {**body, "content": request.content}


def encode_decision(decision: ToolDecision) -> dict[str, Any]:
    """Return the body that decides about a tool call."""
    if decision.decision == "deny":
        return {"decision": "deny", **({"reason": decision.reason} if decision.reason else {})}
    if decision.decision == "answer":
        return {"decision": "answer", "answers": decision.answers or {}}
    changed = {} if decision.arguments is None else {"arguments": decision.arguments}
    return {"decision": "approve", "scope": decision.scope, **changed}


def decode_servers(body: JsonObject) -> tuple[ToolServer, ...]:
    """Return the MCP servers.

    Raises:
        KeyError, TypeError, ValueError: those are none.
    """
    return tuple(
        ToolServer(
            str(server["name"]),
            str(server["title"]),
            str(server["status"]),
            str(server.get("error") or ""),
            tuple(
                Tool(str(tool["name"]), str(tool["title"]), str(tool["description"]), str(tool["policy"]))
                for tool in server["tools"]
            ),
        )
        for server in body["servers"]
    )


def decode_prompts(server: str, body: JsonObject) -> tuple[Prompt, ...]:
    """Return the prompts of a server.

    Raises:
        KeyError, TypeError: those are none.
    """
    return tuple(
        Prompt(
            server,
            str(prompt["name"]),
            str(prompt["title"]),
            str(prompt["description"]),
            tuple(
                PromptArgument(str(argument["name"]), str(argument["description"]), argument["required"] is True)
                for argument in prompt["arguments"]
            ),
        )
        for prompt in body["prompts"]
    )


def decode_resources(server: str, body: JsonObject) -> tuple[Resource, ...]:
    """Return the resources of a server.

    Raises:
        KeyError, TypeError: those are none.
    """
    return tuple(
        Resource(server, str(resource["uri"]), str(resource["title"]), str(resource["description"]))
        for resource in body["resources"]
    )


def decode_content(body: JsonObject) -> ToolResult:
    """Return what a resource holds.

    Raises:
        KeyError, TypeError: that is no content.
    """
    return ToolResult([dict(piece) for piece in body["content"]], is_error=False)


def decode_approvals(body: JsonObject) -> tuple[str, ...]:
    """Return the tools that are approved, as `server/tool`.

    Raises:
        KeyError, TypeError: those are none.
    """
    return tuple(f"{approval['server']}/{approval['tool']}" for approval in body["approvals"])


def _parts(stored: list[JsonObject], *, is_open: bool) -> list[Part]:
    parts: list[Part] = []
    for part in stored:
        match part["type"]:
            case "text":
                parts.append(TextPart([str(part["text"])], ended_at=ENDED))
            case "reasoning":
                parts.append(ReasoningPart([str(part["text"])], ended_at=ENDED))
            case "tool_call":
                parts.append(_tool_call(part))
            case "tool_result":
                call = call_of(parts, str(part["tool_call_id"]))
                if call is None:  # What others have exported may have a result alone.
                    parts.append(call := ToolCallPart(str(part["tool_call_id"]), "", ""))
                call.result = _tool_result(part)
    if is_open and parts and isinstance(last := parts[-1], TextPart | ReasoningPart):
        last.ended_at = None
    return parts


def _tool_call(part: JsonObject) -> ToolCallPart:
    server, title, decision, reason = (str(part.get(name) or "") for name in ("server", "title", "decision", "reason"))
    call = ToolCallPart(str(part["tool_call_id"]), str(part["name"]), str(part["arguments"]), server, title)
    call.decision, call.reason = decision, reason
    return call


def _tool_result(part: JsonObject) -> ToolResult:
    """Read what a tool has answered; older exports have a text."""
    content, duration_ms = part["content"], part.get("duration_ms")
    pieces = content if isinstance(content, list) else [{"type": "text", "text": str(content)}]
    return ToolResult(pieces, bool(part["is_error"]), duration_ms if isinstance(duration_ms, int) else None)
