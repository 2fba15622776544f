"""What reading one message of an MCP server takes, by what is in it: `python -m tests.support.message_cost`."""

import json
import time
from typing import Any

from mcp import types

from api.tools.relay import MAX_MARKS

ROWS = {"rows": [{"a": at, "b": "text", "c": [1, 2, 3]} for at in range(100_000)]}
RESULTS: dict[str, dict[str, Any]] = {
    "one text of 8 MB": {"content": [{"type": "text", "text": "x" * 8_000_000}]},
    "200,000 texts": {"content": [{"type": "text", "text": "y"} for _ in range(200_000)]},
    "100,000 objects": {"content": [], "structuredContent": ROWS},
}


def main() -> None:
    """Print a line for each."""
    for name, result in RESULTS.items():
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"resultType": "complete", **result}})
        marks = line.count('"') + line.count(",")
        began_at = time.perf_counter()
        message = types.jsonrpc_message_adapter.validate_json(line)
        assert isinstance(message, types.JSONRPCResponse)
        types.CallToolResult.model_validate(message.result)
        taken = 1000 * (time.perf_counter() - began_at)
        print(f"{name}: {len(line):,} characters, {marks:,} marks (at most {MAX_MARKS:,}), {taken:.0f} ms")


if __name__ == "__main__":
    main()
