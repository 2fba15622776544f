"""A small MCP server to try tools with: the time, a calculator, a search over Decant's README, and the README itself.

`python -m api.tools.example_server` speaks over its standard input and output.
"""

import ast
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

README = Path(__file__).parents[2] / "README.md"
MOST_FOUND = 5
MAX_CHARS = 200
MAX_DIGITS = 1000

_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)

server = MCPServer("decant-example", title="Decant's example")


@server.tool(title="Time", annotations=_READS)
def time(zone: str = "UTC") -> str:
    """Tell the time in a zone of the IANA database, as Europe/Berlin."""
    try:
        moment = datetime.now(UTC if zone == "UTC" else ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ToolError(f"There is no time zone {zone[:MAX_CHARS]!r}; one is Europe/Berlin.") from error
    return moment.isoformat(timespec="seconds")


@server.tool(title="Calculator", annotations=_READS)
def calculate(expression: str) -> str:
    """Calculate with + - * / // % and brackets, as (2 + 3) * 4."""
    if len(expression) > MAX_CHARS:
        raise ToolError(f"The expression is longer than {MAX_CHARS} characters.")
    try:
        return str(_value(ast.parse(expression.strip(), mode="eval").body))
    except (SyntaxError, ZeroDivisionError, OverflowError, RecursionError) as error:
        raise ToolError(f"That cannot be calculated: {error}.") from error


@server.tool(title="Search the README", annotations=_READS)
def search_readme(query: str) -> str:
    """Find the paragraphs of Decant's README that have all the words."""
    words = query.lower().split()
    paragraphs = README.read_text(encoding="utf-8").split("\n\n") if README.exists() else []
    found = [text for text in paragraphs if words and all(word in text.lower() for word in words)]
    return "\n\n".join(found[:MOST_FOUND]) or "Nothing in the README has all of these words."


@server.resource("decant://readme", title="Decant's README", mime_type="text/markdown")
def readme() -> str:
    """What Decant is, and how it is run."""
    return README.read_text(encoding="utf-8") if README.exists() else "There is no README here."


@server.prompt(title="Explain a passage")
def explain(passage: str, reader: str = "a newcomer") -> str:
    """Ask for a passage in simpler words."""
    return f"Explain this to {reader}, with one example:\n\n{passage}"


def _value(node: ast.AST) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(operand))
    raise ToolError("Only numbers, + - * / // % and brackets are understood.")


if __name__ == "__main__":
    server.run("stdio")
