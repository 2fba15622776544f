"""Threads as resources of an MCP server, the completion of their ids, and the prompt that summarizes one."""

from collections.abc import Mapping

from api.errors import NotFound
from api.store import Store
from api.wire.mcp.definitions import (
    MARKDOWN,
    PROMPT,
    SUMMARIZE,
    SUMMARIZE_TEXT,
    TEMPLATE,
    URI,
    URI_TEMPLATE,
)
from api.wire.mcp.protocol import INVALID_PARAMS, OLDER_RESOURCE_NOT_FOUND, Fields, McpError
from api.wire.mcp.server import Call, Method
from api.wire.mcp.thread_text import as_markdown

NEWEST = 50
MOST_COMPLETIONS = 100
MAX_VALUE_CHARS = 200
_COMPLETED = (("ref/resource", "uri", URI_TEMPLATE, "id"), ("ref/prompt", "name", SUMMARIZE, "thread_id"))


def resource_methods(store: Store, account_id: str) -> Mapping[str, Method]:
    """Make the methods over an account's threads."""
    threads = _Threads(store, account_id)
    return {
        "resources/list": threads.list_newest,
        "resources/templates/list": lambda _call: {"resourceTemplates": [TEMPLATE]},
        "resources/read": threads.read,
        "prompts/list": lambda _call: {"prompts": [PROMPT]},
        "prompts/get": threads.get_prompt,
        "completion/complete": threads.complete,
    }


class _Threads:
    """The threads of an account, each a resource."""

    def __init__(self, store: Store, account_id: str) -> None:
        self._store = store
        self._account_id = account_id

    def list_newest(self, _call: Call) -> Fields:
        threads = self._store.threads.list_newest(self._account_id, limit=NEWEST).items
        described = [
            {
                "uri": f"{URI}{thread.thread_id}",
                "name": thread.thread_id,
                "title": thread.title or "Untitled",
                "mimeType": MARKDOWN,
            }
            for thread in threads
        ]
        return {"resources": described}

    def read(self, call: Call) -> Fields:
        uri = call.params.get("uri")
        code = INVALID_PARAMS if call.era.is_modern else OLDER_RESOURCE_NOT_FOUND
        if not isinstance(uri, str) or not uri.startswith(URI):
            raise McpError(code, "There is no such resource.", {"uri": uri if isinstance(uri, str) else None})
        try:
            return {"contents": [self._content(uri.removeprefix(URI))]}
        except NotFound:
            raise McpError(code, "There is no such resource.", {"uri": uri}) from None

    def get_prompt(self, call: Call) -> Fields:
        arguments = call.params.get("arguments")
        thread_id = arguments.get("thread_id") if isinstance(arguments, dict) else None
        if call.params.get("name") != SUMMARIZE:
            raise McpError(INVALID_PARAMS, f"There is no such prompt; there is {SUMMARIZE}.")
        if not isinstance(thread_id, str) or not thread_id:
            raise McpError(INVALID_PARAMS, f"{SUMMARIZE} wants the argument thread_id, a text.")
        try:
            pieces: list[Fields] = [{"type": "text", "text": SUMMARIZE_TEXT}]
            pieces.append({"type": "resource", "resource": self._content(thread_id)})
        except NotFound:
            raise McpError(INVALID_PARAMS, "There is no such thread.") from None
        messages = [{"role": "user", "content": piece} for piece in pieces]
        return {"description": PROMPT["description"], "messages": messages}

    def complete(self, call: Call) -> Fields:
        asked = _value_to_complete(call.params).casefold()
        page = self._store.threads.list_newest(self._account_id, limit=2 * MOST_COMPLETIONS)
        ids = [
            thread.thread_id
            for thread in page.items
            if thread.thread_id.startswith(asked) or asked in thread.title.casefold()
        ]
        completion = {"values": ids[:MOST_COMPLETIONS], "total": len(ids), "hasMore": len(ids) > MOST_COMPLETIONS}
        return {"completion": completion}

    def _content(self, thread_id: str) -> Fields:
        context = self._store.runs.context(self._account_id, thread_id)
        text = as_markdown(context.thread, context.path)
        return {"uri": f"{URI}{thread_id}", "mimeType": MARKDOWN, "text": text}


def _value_to_complete(params: Fields) -> str:
    ref, argument = params.get("ref"), params.get("argument")
    if not isinstance(ref, dict) or not isinstance(argument, dict):
        raise McpError(INVALID_PARAMS, "ref and argument have to be objects.")
    is_known = any(
        ref.get("type") == kind and ref.get(field) == name and argument.get("name") == completed
        for kind, field, name, completed in _COMPLETED
    )
    value = argument.get("value")
    if not is_known:
        raise McpError(INVALID_PARAMS, "There is nothing to complete for this ref and argument.")
    if not isinstance(value, str) or len(value) > MAX_VALUE_CHARS:
        raise McpError(INVALID_PARAMS, f"argument.value has to be a text of at most {MAX_VALUE_CHARS} characters.")
    return value
