"""Decant as an MCP server: its tools, over the same store and runs that its other routes have."""

from collections.abc import Mapping

from flask import Blueprint

from api.config import Config
from api.errors import DecantError
from api.routes import mcp
from api.routes.mcp_ask import Ask
from api.routes.mcp_resources import resource_methods
from api.runs.thread_runs import ThreadRuns
from api.store import LOCAL_ACCOUNT_ID, Store
from api.wire.mcp.definitions import (
    CAPABILITIES,
    IDENTITY,
    INSTRUCTIONS,
    LIST_THREADS,
    READ_THREAD,
    SEARCH_MESSAGES,
    STOP,
    ask_definition,
)
from api.wire.mcp.protocol import Fields
from api.wire.mcp.server import Answering, Call, Server
from api.wire.mcp.thread_text import found_entry, page_text, thread_page
from api.wire.mcp.tool_table import Run, error_result, text_result, tool_methods

LIMIT = 20


def create_blueprint(thread_runs: ThreadRuns, store: Store, config: Config) -> Blueprint:
    """Build the route."""
    ask = Ask(thread_runs, store, LOCAL_ACCOUNT_ID, config)
    server = create_server(thread_runs, store, ask, LOCAL_ACCOUNT_ID, config)
    return mcp.create_blueprint(server, LOCAL_ACCOUNT_ID, config, ask.cancel)


def create_server(thread_runs: ThreadRuns, store: Store, ask: Ask, account_id: str, config: Config) -> Server:
    """Build the server of an account."""

    def list_threads(_call: Call, arguments: Fields) -> Fields:
        page = store.threads.list_newest(
            account_id, cursor=arguments.get("cursor"), limit=arguments.get("limit", LIMIT)
        )
        names = ("thread_id", "title", "created_at", "updated_at")
        entries = [{name: getattr(thread, name) for name in names} for thread in page.items]
        lines = [f"{entry['thread_id']}  {entry['title'] or 'Untitled'}" for entry in entries]
        return _page_result("threads", entries, lines, page.next_cursor)

    def search_messages(_call: Call, arguments: Fields) -> Fields:
        query, limit = arguments["query"], arguments.get("limit", LIMIT)
        page = store.message_search.find(account_id, query, cursor=arguments.get("cursor"), limit=limit)
        entries = [found_entry(found, query) for found in page.items]
        lines = [
            f"{entry['thread_id']}  {entry['thread_title'] or 'Untitled'}  ({entry['role']})\n  {entry['passage']}"
            for entry in entries
        ]
        return _page_result("messages", entries, lines, page.next_cursor)

    def read_thread(_call: Call, arguments: Fields) -> Fields:
        context = store.runs.context(account_id, arguments["thread_id"])
        page = thread_page(context.thread, context.path, arguments.get("cursor"), arguments.get("limit", LIMIT))
        return text_result(page_text(page), page)

    def stop(_call: Call, arguments: Fields) -> Fields:
        run = thread_runs.cancel(account_id, arguments["run_id"])
        sentence = "It is being stopped." if run.is_active else f"It has ended: {run.status}."
        return text_result(sentence, {"run_id": run.run_id, "status": run.status})

    tools = [
        (ask_definition(config.models, config.max_message_chars), told(ask.ask)),
        (LIST_THREADS, told(list_threads)),
        (SEARCH_MESSAGES, told(search_messages)),
        (READ_THREAD, told(read_thread)),
        (STOP, told(stop)),
    ]
    methods = {**tool_methods(tools), **resource_methods(store, account_id)}
    return Server(IDENTITY, CAPABILITIES, INSTRUCTIONS, methods)


def told(run: Run) -> Run:
    """Let a model be told what is wrong with what it asks for; that the server cannot is the transport's to tell."""

    def run_and_tell(call: Call, arguments: Fields) -> Fields | Answering:
        try:
            return run(call, arguments)
        except DecantError as error:
            if error.status >= 500:
                raise
            return error_result(str(error))

    return run_and_tell


def _page_result(name: str, entries: list[Fields], lines: list[str], next_cursor: str | None) -> Fields:
    if next_cursor:
        lines = [*lines, f"There are more: cursor {next_cursor}"]
    structured: Mapping[str, object] = {name: entries, "next_cursor": next_cursor}
    return text_result("\n".join(lines) or "There is nothing.", structured)
