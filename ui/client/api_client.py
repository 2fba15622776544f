"""The API's endpoints, one method each; blocking, so never called on the event loop."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from ui.client.decoding import (
    decode_approvals,
    decode_content,
    decode_message_page,
    decode_prompts,
    decode_resources,
    decode_servers,
    decode_thread,
    decode_thread_page,
    encode_decision,
    encode_run_request,
)
from ui.client.event_stream import EventStream
from ui.client.transport import JSON, MISBEHAVED, Query, Transport
from ui.errors import ApiMisbehaved
from ui.messages import RunRequest, RunToFollow, ToolDecision
from ui.parts import ToolResult
from ui.threads import MessagePage, Thread, ThreadPage
from ui.tools import Prompt, Resource, ToolServer

READ_TIMEOUT_SECONDS = 10.0
# Three heartbeats of the API.
SILENCE_TIMEOUT_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class ModelList:
    """The model names a person may choose from, and the one used without a choice."""

    names: tuple[str, ...]
    default: str | None


class ApiClient:
    """Decant's API at one address."""

    def __init__(
        self,
        api_url: str,
        api_token: str | None,
        *,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
        silence_timeout_seconds: float = SILENCE_TIMEOUT_SECONDS,
    ) -> None:
        self._transport = Transport(api_url, api_token, read_timeout_seconds, silence_timeout_seconds)

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def health(self) -> None:
        """Return if the API is alive.

        Raises:
            PageError: it is not.
        """
        self._transport.request("GET", "/health", headers={"Accept": "text/plain"})

    def models(self) -> ModelList:
        """Return the models a person may choose from.

        Raises:
            PageError: there is no such answer.
        """
        return self._transport.ask("GET", "/models", _decode_models)

    def threads(self, query: str = "", cursor: str | None = None) -> ThreadPage:
        """Return a page of threads, the last used first; with a query those that have its words, the best first.

        Raises:
            PageError: there is no such answer.
        """
        return self._transport.ask("GET", "/threads", decode_thread_page, query=_given(query=query, cursor=cursor))

    def thread(self, thread_id: str) -> Thread:
        """Return a thread.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        return self._transport.ask("GET", f"/threads/{quote(thread_id)}", decode_thread)

    def create_thread(self, **fields: object) -> Thread:
        """Make a thread with the given `title`, `model`, `system_prompt` and `messages`.

        Raises:
            PageError: it was not made, or that is not known.
        """
        return self._transport.ask("POST", "/threads", decode_thread, body=fields)

    def import_thread(self, body: bytes) -> Thread:
        """Make a thread of the body of such a request, which is JSON already.

        Raises:
            PageError: it was not made, or that is not known.
        """
        return self._transport.ask("POST", "/threads", decode_thread, body=body)

    def update_thread(self, thread_id: str, **fields: object) -> Thread:
        """Change what is given of a thread; `deleted=False` brings it back.

        Raises:
            PageError: it was not changed, or that is not known.
        """
        return self._transport.ask("PATCH", f"/threads/{quote(thread_id)}", decode_thread, body=fields)

    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread, which can be undone for some time.

        Raises:
            PageError: it was not deleted, or that is not known.
        """
        self._transport.request("DELETE", f"/threads/{quote(thread_id)}", headers=JSON)

    def messages(self, thread_id: str, cursor: str | None = None) -> MessagePage:
        """Return a page of a thread's messages, in the order of adding.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        path = f"/threads/{quote(thread_id)}/messages"
        return self._transport.ask("GET", path, decode_message_page, query=_given(cursor=cursor))

    def export_messages(self, thread_id: str, cursor: str | None = None) -> tuple[list[Any], str | None]:
        """Return a page of a thread's messages as the API gives them, and where the next begins.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        path = f"/threads/{quote(thread_id)}/messages"
        query = _given(cursor=cursor)
        return self._transport.ask(
            "GET", path, lambda body: (list(body["messages"]), body.get("next_cursor")), query=query
        )

    def start_run(self, request: RunRequest) -> EventStream:
        """Start a run, or find the one that the key has started, and return its open stream for the caller to close.

        Raises:
            PageError: no stream was opened.
        """
        stream = self._transport.open_stream(
            "POST",
            f"/threads/{quote(request.thread_id)}/runs",
            {"Content-Type": "application/json", "Idempotency-Key": request.idempotency_key},
            encode_run_request(request),
        )
        if stream is None:
            raise ApiMisbehaved(MISBEHAVED)
        return stream

    def run_events(self, run: RunToFollow) -> EventStream | None:
        """Return the open stream of the run's events after the last known, or None if there will be no more.

        Raises:
            PageError: no stream was opened.
        """
        return self._transport.open_stream(
            "GET", f"/runs/{quote(run.run_id)}/events", {"Last-Event-ID": str(run.last_event_id)}
        )

    def cancel_run(self, run_id: str) -> None:
        """Ask for the end of a run.

        Raises:
            PageError: there is no such run, or no answer.
        """
        self._transport.request("POST", f"/runs/{quote(run_id)}/cancel", headers=JSON)

    def decide(self, run_id: str, tool_call_id: str, decision: ToolDecision) -> None:
        """Decide about a tool call of a run that waits.

        Raises:
            PageError: the decision was not taken, or that is not known.
        """
        path = f"/runs/{quote(run_id, safe='')}/tool_calls/{quote(tool_call_id, safe='')}"
        self._transport.ask("POST", path, lambda _: None, body=encode_decision(decision))

    def approvals(self, thread_id: str) -> tuple[str, ...]:
        """Return the tools that are approved for a thread, as `server/tool`.

        Raises:
            PageError: there is no such thread, or no answer.
        """
        return self._transport.ask("GET", f"/threads/{quote(thread_id)}/approvals", decode_approvals)

    def revoke(self, thread_id: str, server: str, tool: str) -> None:
        """Take back that a tool is approved for a thread.

        Raises:
            PageError: it was not taken back, or that is not known.
        """
        query = {"server": server, "tool": tool}
        self._transport.request("DELETE", f"/threads/{quote(thread_id)}/approvals", headers=JSON, query=query)

    def tool_servers(self) -> tuple[ToolServer, ...]:
        """Return the MCP servers with their tools.

        Raises:
            PageError: there is no such answer.
        """
        return self._transport.ask("GET", "/tools", decode_servers)

    def prompts(self, server: str) -> tuple[Prompt, ...]:
        """Return the prompts of an MCP server.

        Raises:
            PageError: there is no such server, or no answer.
        """
        return self._transport.ask("GET", f"/tools/{quote(server, safe='')}/prompts", partial(decode_prompts, server))

    def prompt_text(self, server: str, name: str, arguments: Mapping[str, str]) -> str:
        """Return a prompt of an MCP server, filled in.

        Raises:
            PageError: it was refused, or there is no answer.
        """
        body = {"name": name, "arguments": dict(arguments)}
        path = f"/tools/{quote(server, safe='')}/prompts"
        return self._transport.ask("POST", path, lambda said: str(said["text"]), body=body)

    def resources(self, server: str) -> tuple[Resource, ...]:
        """Return the resources of an MCP server.

        Raises:
            PageError: there is no such server, or no answer.
        """
        path = f"/tools/{quote(server, safe='')}/resources"
        return self._transport.ask("GET", path, partial(decode_resources, server))

    def resource(self, server: str, uri: str) -> ToolResult:
        """Return what a resource of an MCP server holds.

        Raises:
            PageError: it was refused, or there is no answer.
        """
        path = f"/tools/{quote(server, safe='')}/resources"
        return self._transport.ask("POST", path, decode_content, body={"uri": uri})

    def reconnect(self, server: str) -> tuple[ToolServer, ...]:
        """Have the API connect to an MCP server anew, and return all of them.

        Raises:
            PageError: there is no such server, or no answer.
        """
        return self._transport.ask("POST", f"/tools/{quote(server, safe='')}/reconnect", decode_servers, body={})


def _decode_models(body: Mapping[str, Any]) -> ModelList:
    names = tuple(str(model["name"]) for model in body["models"])
    default = body.get("default")
    return ModelList(names, default if default in names else None)


def _given(**values: str | None) -> Query:
    return {name: value for name, value in values.items() if value}
