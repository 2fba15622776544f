"""`/tool name {json}` in the place of a message: a tool that a person calls by hand; pure, no I/O."""

import json
import re

from ui import texts
from ui.errors import PageError
from ui.messages import ToolCommand

COMMAND = "/tool"
_COMMAND = re.compile(r"/tool(?:\s+(\S+)\s*(.*))?", re.DOTALL)


class NoCommand(PageError):
    """What begins like a command is none; the sentence says how one is written."""

    is_retryable = False


def read_command(text: str) -> ToolCommand | None:
    """Return the command that a text is, None where it is none.

    Raises:
        NoCommand: it begins like one, and has no name, or arguments that are not a JSON object.
    """
    stripped = text.strip()
    if stripped.split(maxsplit=1)[:1] != [COMMAND]:
        return None
    found = _COMMAND.fullmatch(stripped)
    if found is None or not found[1]:
        raise NoCommand(texts.TOOL_COMMAND)
    try:
        arguments = json.loads(found[2] or "{}")
    except (ValueError, RecursionError) as exc:
        raise NoCommand(texts.TOOL_COMMAND) from exc
    if not isinstance(arguments, dict):
        raise NoCommand(texts.TOOL_COMMAND)
    return ToolCommand(found[1], arguments)
