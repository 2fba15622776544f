"""Speaks MCP to a server as bytes on the wire, in both generations, and says what came back."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from api.wire.mcp.header_values import encode_value
from api.wire.mcp.protocol import (
    CAPABILITIES_FIELD,
    METHOD_HEADER,
    NAME_HEADER,
    NAMED_BY,
    SESSION_HEADER,
    VERSION_FIELD,
    VERSION_HEADER,
)
from tests.support.processes import WAIT_SECONDS

MODERN, OLDER = "2026-07-28", "2025-11-25"
META = {VERSION_FIELD: MODERN, CAPABILITIES_FIELD: {}}


class McpFace:
    """The address of a server; without a session it is asked in the new generation."""

    def __init__(self, url: str, token: str = "", session_id: str | None = None) -> None:
        self.url = f"{url}/mcp"
        self.session_id = session_id
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._token = token

    def post(self, body: object, headers: Mapping[str, str] | None = None, **options: Any) -> requests.Response:
        """Send a body as it is."""
        given = {"Content-Type": "application/json", **self._headers, **(headers or {})}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return requests.post(self.url, data=content, headers=given, timeout=WAIT_SECONDS, **options)

    def request(self, method: str, request_id: int | str = 1, **params: Any) -> requests.Response:
        """Make a request of this face's generation."""
        body, headers = self.message(method, request_id, params)
        return self.post(body, headers, stream=True)

    def message(self, method: str, request_id: int | str, params: dict[str, Any]) -> tuple[object, dict[str, str]]:
        """Return the body and the headers of a request."""
        if self.session_id is not None:
            headers = {VERSION_HEADER: OLDER, SESSION_HEADER: self.session_id}
            return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}, headers
        headers = {VERSION_HEADER: MODERN, METHOD_HEADER: method}
        if method in NAMED_BY:
            headers[NAME_HEADER] = encode_value(str(params.get(NAMED_BY[method])))
        given = {**params, "_meta": {**META, **params.get("_meta", {})}}
        return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": given}, headers

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the result of a request."""
        answer = messages_of(self.request(method, **params))[-1]
        assert "result" in answer, answer
        return dict(answer["result"])

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Return the result of a tool."""
        return self.result("tools/call", name=name, arguments=arguments)

    def initialized(self) -> "McpFace":
        """Return the same server, spoken to as of the older generation."""
        params = {"protocolVersion": OLDER, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        body = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
        answered = self.post(body)
        assert answered.status_code == 200, answered.text
        return McpFace(self.url.removesuffix("/mcp"), self._token, answered.headers[SESSION_HEADER])

    @contextmanager
    def asking(self, request_id: int | str = 1, **arguments: Any) -> Iterator[Iterator[dict[str, Any]]]:
        """Ask, with progress; what is yielded are the messages as they come, and leaving closes the connection."""
        params = {"name": "ask", "arguments": arguments, "_meta": {"progressToken": "p"}}
        body, headers = self.message("tools/call", request_id, params)
        with self.post(body, {**headers, "Connection": "close"}, stream=True) as response:
            assert response.headers["Content-Type"].startswith("text/event-stream"), response.text
            yield frames_of(response)

    def cancel(self, request_id: int | str) -> requests.Response:
        """Send the older generation's cancel."""
        body = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request_id}}
        return self.post(body, {VERSION_HEADER: OLDER, SESSION_HEADER: self.session_id or ""})


def frames_of(response: requests.Response) -> Iterator[dict[str, Any]]:
    """Yield the messages of an event stream when they come."""
    for line in response.iter_lines():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def messages_of(response: requests.Response) -> list[dict[str, Any]]:
    """Return all messages of a response, in whichever shape it is."""
    if response.headers["Content-Type"].startswith("text/event-stream"):
        return list(frames_of(response))
    return [response.json()]


def error_of(response: requests.Response) -> tuple[int, int]:
    """Return the HTTP status and the JSON-RPC code of an error."""
    return response.status_code, response.json()["error"]["code"]
