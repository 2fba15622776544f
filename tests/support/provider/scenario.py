"""What the scripted provider does with one request, as a value; everything about a quirk is said here."""

from dataclasses import dataclass, field
from typing import Literal

Ending = Literal[
    "complete", "cut", "reset", "reset_before_headers", "hang", "complete_then_close", "complete_then_reset_next"
]
Framing = Literal["chunked", "until_close", "content_length"]
UsageMode = Literal["on_request", "never", "always", "every_chunk", "in_choice"]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One answer: by default the last user message comes back, four characters at a time, as fast as it goes."""

    # The answer: `deltas` as they are, or `text` in pieces of `chunk_chars`; without both the last user message.
    text: str | None = None
    deltas: tuple[str, ...] = ()
    chunk_chars: int = 4
    reasoning: str = ""
    reasoning_field: str = "reasoning_content"
    tool_calls: tuple[dict[str, str], ...] = ()
    # What a model says that does as it is told (`obedient.py`), instead of `text` and `tool_calls`.
    obeys: bool = False
    finish_reason: str | None = "stop"
    usage: UsageMode = "on_request"
    has_end_mark: bool = True
    # The body instead of an answer, each piece one write (`surrogateescape` holds any bytes); or a whole response.
    raw: tuple[str, ...] | None = None
    body: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    rejects: tuple[str, ...] = ()
    # The pace, in seconds; no `chunks_per_second` means a burst. Comments go out while it waits after the headers.
    chunks_per_second: float = 0.0
    wait_before_headers: float = 0.0
    wait_before_first_chunk: float = 0.0
    pause_after_chunks: int = 0
    pause: float = 0.0
    comment_every: float = 0.0
    # So many chunks, the one with the role among them, and the rest when the model is released; 0 holds the headers.
    held_after_chunks: int | None = None
    # The wire.
    line_end: str = "\n"
    bytes_per_write: int = 0
    framing: Framing = "chunked"
    ending: Ending = "complete"
