"""An MCP server of the older generation that means no good: `python -m tests.support.hostile_tool_server MODE`."""

import json
import sys
import time
from typing import Any

MODE, *REST = sys.argv[1:]
PLAIN = {"type": "object", "properties": {}}


def tool(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "description": "A tool.", "inputSchema": PLAIN, **fields}


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"x": schema}}
    return schema


def page(cursor: str) -> dict[str, Any]:
    number = int(cursor or 0)
    if MODE == "many":  # ten thousand
        more = {"nextCursor": str(number + 1)} if number < 99 else {}
        return {"tools": [tool(f"t{number}-{at}") for at in range(100)], **more}
    if MODE == "endless":
        return {"tools": [tool("same")], "nextCursor": str(number + 1)}
    if MODE == "hang":
        time.sleep(600)
    if MODE == "wrong":
        return {"tools": [tool("no object", inputSchema={"type": "string"})]}
    if MODE == "change":
        return {"tools": [tool("first"), *([tool("second")] if changed else [])]}
    return {
        "tools": [
            tool("reference", inputSchema={"type": "object", "$ref": f"{REST[0]}/schema.json" if REST else "#/x"}),
            tool("slow", inputSchema={"type": "object", "properties": {"q": {"type": "string", "pattern": "(a+)+$"}}}),
            tool("twice"),
            tool("twice", description="Another."),
            tool("n" * 300),
            tool("deep", inputSchema=deep(60)),
            tool("large", inputSchema={**PLAIN, "description": "x" * 100_000}),
            tool("long", description="y" * 100_000),
            tool("a b/c\u202e<img src=x>", title="<b>\u202egpj</b>" * 100),
            tool("bad schema", inputSchema={"type": "object", "properties": {"q": {"type": 5, "enum": "x"}}}),
        ]
    }


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        info = {"name": "hostile", "version": "1"}
        capabilities = {"tools": {"listChanged": True}}
        return {"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info}
    if method == "tools/list":
        return page(params.get("cursor") or "")
    if method == "tools/call":
        return {"content": [{"type": "text", "text": params["name"]}]}
    return {} if method == "ping" else None


def send(message: dict[str, Any]) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


changed = False
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    result = answer(asked.get("method", ""), asked.get("params") or {})
    unknown = {"error": {"code": -32601, "message": "Method not found"}}
    send({"id": asked["id"], **({"result": result} if result is not None else unknown)})
    if asked.get("method") == "tools/call" and MODE == "change":
        changed = True
        send({"method": "notifications/tools/list_changed"})
