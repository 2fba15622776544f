"""A resource of an MCP server as the text that is put into a message; pure, no I/O."""

import re
from collections.abc import Sequence
from typing import Any


def text_of_resource(title: str, uri: str, content: Sequence[Any]) -> str | None:
    """Return the text of a resource under its name, in a fence that does not occur in it; None where it has none."""
    pieces = (piece.get("text") for piece in content if isinstance(piece, dict))
    text = "\n".join(piece for piece in pieces if isinstance(piece, str))
    if not text:
        return None
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    name = " ".join(title.split())
    heading = uri if name in ("", uri) else f"{name} ({uri})"
    return f"{heading}\n\n{fence}\n{text}\n{fence}\n"
