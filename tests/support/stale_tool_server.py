"""An MCP server of the newer generation whose list is fresh for a tenth of a second, and another one each time."""

from mcp.server import MCPServer
from mcp.server.caching import CacheHint
from mcp.types import Tool


class StaleServer(MCPServer):
    """Counts how often its tools are listed."""

    times = 0

    async def list_tools(self) -> list[Tool]:
        self.times += 1
        return [Tool(name=f"listed {self.times}", input_schema={"type": "object"})]


if __name__ == "__main__":
    StaleServer("stale", cache_hints={"tools/list": CacheHint(ttl_ms=100)}).run("stdio")
