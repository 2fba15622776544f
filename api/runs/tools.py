"""What runs need of tools; `api.tools.hub` is the real one."""

from typing import Protocol

from api.tool_calls import ToolServer


class Tools(Protocol):
    """The MCP servers of this worker."""

    def servers(self) -> tuple[ToolServer, ...]:
        """Return the servers in the order of the configuration, and how they stand."""

    def reconnect(self, name: str) -> None:
        """Connect to a server anew, and list what it offers.

        Raises:
            NotFound: There is no such server.
        """
