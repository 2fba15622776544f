"""What the conformance suite runs as a client: Decant's hub connects to the URL, lists the tools and calls them.

`python -m tests.conformance.client URL`; it ends with 0 once every call has an answer, whatever the answer says. The
suite names the calls to make in `MCP_CONFORMANCE_CONTEXT`; where it does not, each tool is called once.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from api.tool_calls import CallKey, Given, Question
from api.tools.hub import ToolHub
from api.tools.servers import McpServer

READY_SECONDS = 30.0
CALL_SECONDS = 40.0
KEY = CallKey("run", "call")
SETTLE_SECONDS = 1.0
SAMPLES: Mapping[str, Any] = {"integer": 5, "number": 5, "string": "test", "boolean": True, "array": [], "object": {}}


def main() -> int:
    """Connect, list, call."""
    hub = ToolHub((McpServer("suite", "Suite", url=sys.argv[-1]),))
    hub.start()
    try:
        deadline = time.monotonic() + READY_SECONDS
        while (server := hub.servers()[0]).status != "ready":
            if time.monotonic() > deadline:
                print(f"not ready: {server}", file=sys.stderr)
                return 1
            time.sleep(0.05)
        tools = {tool.name: tool for tool in hub.offered()}
        asked = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}").get("toolCalls")
        calls = [(call["name"], call["arguments"]) for call in asked or ()]
        for name, arguments in calls or [(name, sample(tool.input_schema)) for name, tool in tools.items()]:
            answer = hub.call(tools[name], arguments, lambda *_: None, None, KEY).result(CALL_SECONDS)
            while answer.questions:
                answers = {question.key: answered(question) for question in answer.questions}
                given = Given(answers, answer.state, answer.is_open)
                answer = hub.call(tools[name], arguments, lambda *_: None, given, KEY).result(CALL_SECONDS)
            print(name, answer.is_error, str(answer.content)[:200], file=sys.stderr)
        time.sleep(SETTLE_SECONDS)
    finally:
        hub.close()
    return 0


def answered(question: Question) -> dict[str, Any]:
    """Answer what a server asks as a person might who takes what is there."""
    return {"action": "accept", "content": sample(question.schema or {})}


def sample(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Make arguments of the kinds that a schema wants."""
    properties = schema.get("properties")
    fields = properties.items() if isinstance(properties, Mapping) else ()
    return {name: _sample(field) for name, field in fields if isinstance(field, Mapping)}


def _sample(field: Mapping[str, Any]) -> Any:
    if isinstance(field.get("enum"), list):
        return field["enum"][0]
    kind = field.get("type")
    return SAMPLES.get(kind, "test") if isinstance(kind, str) else "test"


if __name__ == "__main__":
    sys.exit(main())
