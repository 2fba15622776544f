"""The dialog with the MCP servers: how they stand, what they offer, and what one chat uses of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from nicegui import events, ui

from ui import texts
from ui.tools import ToolServer

MAX_NAMES = 500
MAX_NAME_CHARACTERS = 300
MAX_DESCRIPTION_CHARACTERS = 300
MAX_TOOLS = 200  # of a server


class ToolsPanel(ui.element, component="tools_panel.js"):
    """Shows the servers; what is switched counts at once, for the chat that it was opened for."""

    def __init__(
        self,
        on_change: Callable[[tuple[str, ...]], Any],
        on_reconnect: Callable[[str], Any],
        on_revoke: Callable[[str, str], Any],
    ) -> None:
        super().__init__()
        self._props["texts"] = {
            "title": texts.TOOLS_TITLE,
            "hint": texts.TOOLS_HINT,
            "none": texts.TOOLS_NONE,
            "loading": texts.TOOLS_LOADING,
            "reconnect": texts.TOOLS_RECONNECT,
            "close": texts.CLOSE,
            "states": texts.TOOL_STATES,
            "policies": texts.TOOL_POLICIES,
            "approved": texts.TOOL_APPROVED,
            "revoke": texts.TOOL_REVOKE,
        }
        self.on("change", lambda event: self._on_change(event, on_change))
        self.on("reconnect", lambda event: self._on_reconnect(event, on_reconnect))
        self.on("revoke", lambda event: self._on_revoke(event, on_revoke))

    def ask(self, off: Sequence[str]) -> None:
        """Open the dialog for a chat that does not use these."""
        self.run_method("ask", list(off))

    def show(self, servers: Sequence[ToolServer]) -> None:
        """Show the servers, of many tools the first."""
        self.run_method("show", list(map(_fields, servers)))

    def show_approved(self, names: Sequence[str]) -> None:
        """Show which tools are approved for the chat, as `server/tool`."""
        self.run_method("showApproved", list(names))

    def fail(self, sentence: str) -> None:
        """Say why the servers are not known."""
        self.run_method("fail", sentence)

    def _on_change(self, event: events.GenericEventArguments, change: Callable[[tuple[str, ...]], Any]) -> None:
        names: list[Any] = [*event.args] if isinstance(event.args, list) else [None]
        if len(names) <= MAX_NAMES and all(map(_is_name, names)):
            change(tuple(names))

    def _on_reconnect(self, event: events.GenericEventArguments, reconnect: Callable[[str], Any]) -> None:
        if isinstance(event.args, str) and event.args:
            reconnect(event.args)

    def _on_revoke(self, event: events.GenericEventArguments, revoke: Callable[[str, str], Any]) -> None:
        match event.args:
            case {"server": str(server), "tool": str(tool)} if _is_name(server) and _is_name(tool):
                revoke(server, tool)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARACTERS


def _fields(server: ToolServer) -> dict[str, Any]:
    fields = asdict(server)
    tools = fields["tools"][:MAX_TOOLS]
    return {
        **fields,
        "tools": [{**tool, "description": tool["description"][:MAX_DESCRIPTION_CHARACTERS]} for tool in tools],
    }
