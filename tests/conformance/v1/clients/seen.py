"""What a client sees of an answer, a JSON line each: no import but the standard library's, for it runs everywhere.

`python -m tests.conformance.v1.clients.<client> BASE_URL MODEL…` with the key in `API_KEY` prints a line a model.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

QUESTION = "Say hello."
TOOLS = ("f", "g")
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}


@dataclass
class Seen:
    """An answer as its client shows it: `calls` are names and arguments, `usage` the tokens read and written."""

    text: str = ""
    reasoning: str = ""
    calls: list[list[Any]] = field(default_factory=list)
    finish_reason: str | None = None
    usage: list[int] | None = None
    error: str | None = None
    status: int | None = None
    code: str | None = None


Ask = Callable[[str, str, str, Seen], None]


def main(ask: Ask) -> None:
    """Ask each model of the command line; what a client raises is part of what it shows."""
    _, base_url, *models = sys.argv
    for model in models:
        seen = Seen()
        try:
            ask(base_url, os.environ["API_KEY"], model, seen)
        except Exception as exc:  # noqa: BLE001 - whatever a client raises is what a person gets to see
            seen.error = f"{type(exc).__name__}: {exc}"
            seen.status = getattr(exc, "status_code", None)
            seen.code = getattr(exc, "code", None)
        print(json.dumps({"model": model, **asdict(seen)}), flush=True)


def named(name: str, call_id: str | None) -> str:
    """Name a call; one without an id cannot be answered, and is to be seen as such."""
    return name if call_id else f"{name} without an id"


def tools() -> list[dict[str, Any]]:
    """Return the tools that every question offers, as chat completions take them."""
    return [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in TOOLS]
