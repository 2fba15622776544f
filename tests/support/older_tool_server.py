"""A scripted MCP server of the generation 2025-11-25, which asks while a call is open.

`python -m tests.support.older_tool_server`; written out and not the SDK's, so that it can ask whenever it likes.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

NOTE = Path(os.environ.get("NOTE", "/dev/null"))
FORM = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "default": 30}},
    "required": ["name"],
}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}}


class Peer:
    """The other side: what is asked of it, and what it says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, dict[str, Any]] = {}
        self._came = threading.Condition()
        self._asked = 0

    def send(self, **message: Any) -> None:
        with self._lock:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            sys.stdout.flush()

    def ask(self, message: str, **params: Any) -> dict[str, Any]:
        with self._lock:
            self._asked += 1
            key = f"q{self._asked}"
        self.send(id=key, method="elicitation/create", params={"message": message, **params})
        with self._came:
            self._came.wait_for(lambda: key in self._answers)
            return self._answers.pop(key)

    def take(self, message: Mapping[str, Any]) -> None:
        with self._came:
            self._answers[message["id"]] = message.get("result") or {"error": message["error"]["message"]}
            self._came.notify_all()


def note(word: str) -> None:
    with NOTE.open("a", encoding="utf-8") as notes:
        notes.write(word + "\n")


def ask(peer: Peer, arguments: Mapping[str, Any]) -> str:
    """Ask for a guest."""
    note(f"ask {arguments.get('text')}")
    answer = peer.ask(f"Who comes on {arguments.get('text')}?", requestedSchema=FORM)
    note(f"answered {json.dumps(answer)}")
    return json.dumps(answer)


def ask_twice(peer: Peer, arguments: Mapping[str, Any]) -> str:
    """Ask for a guest, and then for a page to be opened."""
    first = peer.ask("Who comes?", requestedSchema=FORM)
    second = peer.ask("Sign in", mode="url", url="https://example.com/sign-in", elicitationId="e1")
    return json.dumps([first, second, dict(arguments)])


def ask_too_much(peer: Peer, arguments: Mapping[str, Any]) -> str:
    """Ask with a form that nobody can fill in."""
    del arguments
    return json.dumps(peer.ask("All of it", requestedSchema={**FORM, "description": "x" * 200_000}))


def ask_and_fail(peer: Peer, arguments: Mapping[str, Any]) -> str:
    """Ask for a guest and fail."""
    ask(peer, arguments)
    raise ValueError("nobody is good enough")


def wait(_: Peer, arguments: Mapping[str, Any]) -> str:
    """Do nothing for a moment."""
    threading.Event().wait(float(arguments.get("text") or 0))
    return "waited"


TOOLS: Mapping[str, Callable[[Peer, Mapping[str, Any]], str]] = {
    tool.__name__: tool for tool in (ask, ask_twice, ask_too_much, ask_and_fail, wait)
}


def answer(peer: Peer, message: Mapping[str, Any]) -> None:
    params = message.get("params") or {}
    method = message["method"]
    if method == "initialize":
        note(f"elicitation {json.dumps(params['capabilities'].get('elicitation'))}")
        told = {"name": "older", "version": "1"}
        result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": told}
    elif method == "tools/list":
        result = {
            "tools": [{"name": name, "description": tool.__doc__, "inputSchema": TEXT} for name, tool in TOOLS.items()]
        }
    elif method == "tools/call":
        try:
            text = TOOLS[params["name"]](peer, params.get("arguments") or {})
        except ValueError as error:
            peer.send(id=message["id"], error={"code": -32603, "message": str(error)})
            return
        result = {"content": [{"type": "text", "text": text}]}
    else:
        peer.send(id=message["id"], error={"code": -32601, "message": f"no {method}"})
        return
    peer.send(id=message["id"], result=result)


def main() -> None:
    """Answer until the other side is gone."""
    peer = Peer()
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") == "notifications/cancelled":
            note("cancelled")
        elif "method" in message and "id" in message:
            threading.Thread(target=answer, args=(peer, message), daemon=True).start()
        elif "id" in message:
            peer.take(message)


if __name__ == "__main__":
    main()
