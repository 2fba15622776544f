"""What runs need of tools; `api.tools.hub` is the real one."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from api.tool_calls import CallKey, Content, Given, Prompt, Resource, Tool, ToolAnswer, ToolServer

# How far a call is, of how much, and what the server says of it.
Progress = Callable[[float, float | None, str | None], None]


class Tools(Protocol):
    """The MCP servers of this worker."""

    def servers(self) -> tuple[ToolServer, ...]:
        """Return the servers in the order of the configuration, and how they stand."""

    def offered(self) -> tuple[Tool, ...]:
        """Return the tools that are known now."""

    def find(self, server: str, name: str, seconds: float) -> Tool | None:
        """Return a tool, waiting so long for a server that is being connected to; None if there is none."""

    def call(
        self,
        tool: Tool,
        arguments: Mapping[str, Any],
        on_progress: Progress,
        given: Given | None = None,
        key: CallKey | None = None,
    ) -> "Future[ToolAnswer]":
        """Call a tool, or go on with what a person has answered.

        What goes wrong is an answer, and cancelling the future cancels the call at its server.
        """

    def prompts(self, server: str) -> tuple[Prompt, ...]:
        """Return the prompts of a server.

        Raises:
            NotFound: There is no such server.
            ToolServerError: It cannot be reached, fails or is silent.
        """

    def prompt_text(self, server: str, name: str, arguments: Mapping[str, str]) -> str:
        """Return a prompt of a server as the text of a message.

        Raises:
            NotFound: There is no such server.
            BadRequest: The server does not take this.
            ToolServerError: It cannot be reached, fails or is silent.
        """

    def resources(self, server: str) -> tuple[Resource, ...]:
        """Return the resources of a server; raises like `prompts`."""

    def resource_content(self, server: str, uri: str) -> tuple[Content, ...]:
        """Return what a resource of a server holds; raises like `prompt_text`."""

    def forget(self, run_id: str) -> None:
        """Cancel the calls of a run that are open while a person is asked."""

    def reconnect(self, name: str) -> None:
        """Connect to a server anew, and list what it offers.

        Raises:
            NotFound: There is no such server.
        """
