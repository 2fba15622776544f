"""What the store keeps, as the JSON that clients get: no I/O, no Flask. Times are seconds since 1970 (UTC).

The fields are for orjson: a message's parts are stored as JSON and go out as they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import orjson

from api.store.records import StoredMessage, StoredRun, Thread
from api.tool_calls import Definition, Prompt, Tool, ToolServer

Fields = dict[str, Any]


def thread_fields(thread: Thread) -> Fields:
    """Describe a thread."""
    fields = asdict(thread)
    del fields["account_id"]
    return fields


def run_fields(run: StoredRun) -> Fields:
    """Describe a run: its status, and how it ended."""
    return {
        "run_id": run.run_id,
        "thread_id": run.thread_id,
        "message_id": run.message_id,
        "model": run.model,
        "status": run.status,
        "seq": run.seq,
        "finish_reason": run.finish_reason,
        "error": _error_fields(run),
        "usage": _usage_fields(run),
        "created_at": run.created_at,
        "ended_at": run.ended_at,
        "action_expires_at": run.action_expires_at,
    }


def message_fields(message: StoredMessage, runs: Mapping[str, StoredRun]) -> Fields:
    """Describe a message, an answer with its run."""
    run = runs.get(message.run_id) if message.run_id else None
    return {
        "message_id": message.message_id,
        "thread_id": message.thread_id,
        "parent_id": message.parent_id,
        "role": message.role,
        "parts": orjson.Fragment(message.encoded_parts),
        "status": message.status,
        "created_at": message.created_at,
        "run": run_fields(run) if run else None,
    }


def approval_fields(approved: Iterable[Definition]) -> list[dict[str, str]]:
    """Return the tools that are approved, however they are defined."""
    names = sorted({(definition.server, definition.tool) for definition in approved})
    return [{"server": server, "tool": tool} for server, tool in names]


def prompt_fields(prompt: Prompt) -> Fields:
    """Describe a prompt of a server."""
    arguments = [
        {"name": argument.name, "description": argument.description, "required": argument.is_required}
        for argument in prompt.arguments
    ]
    return {"name": prompt.name, "title": prompt.title, "description": prompt.description, "arguments": arguments}


def server_fields(server: ToolServer) -> Fields:
    """Describe an MCP server, with its tools; nothing of its configuration, which has secrets in it."""
    return {
        "name": server.name,
        "title": server.title,
        "status": server.status,
        "error": server.error or None,
        "protocol_version": server.protocol_version or None,
        "latency_ms": server.latency_ms,
        "tools": list(map(_tool_fields, server.tools)),
    }


def _tool_fields(tool: Tool) -> Fields:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "input_schema": tool.input_schema,
        "policy": tool.policy,
    }


def _error_fields(run: StoredRun) -> Fields | None:
    if run.error_code is None:
        return None
    return {"code": run.error_code, "message": run.error_message, "retryable": bool(run.error_is_retryable)}


def _usage_fields(run: StoredRun) -> Fields | None:
    if run.output_tokens is None:
        return None
    return {
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
        "estimated": run.usage_is_estimated,
    }
