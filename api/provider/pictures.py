"""The pictures in tools' results, as models that see are told of them: pure.

A message of role `tool` is text, so they follow the results in a message of the user's. A model that takes none is
known by its refusal. Source: "Images and vision" of the Chat Completions API (platform.openai.com/docs/guides/images).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from api.provider.told_steps import ToldStep

PICTURES = "image_url"
KINDS = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
MOST = 8
MAX_CHARS = 6_000_000  # Of base64, in one request.

Piece = Mapping[str, Any]


def newest_pictures(steps: Iterable[ToldStep]) -> Collection[int]:
    """Return the identities of the newest pictures of all that are as many as a request takes."""
    chosen: set[int] = set()
    left = MAX_CHARS
    for _, piece in reversed([found for step in steps for found in _pictures(step)]):
        left -= len(piece["data"])
        if left < 0 or len(chosen) == MOST:
            break
        chosen.add(id(piece))
    return chosen


def pictures_told(step: ToldStep, chosen: Collection[int]) -> list[dict[str, Any]]:
    """Return the content of the message that shows the chosen pictures of a step; empty if it has none."""
    told: list[dict[str, Any]] = []
    for name, piece in _pictures(step):
        if id(piece) in chosen:
            url = f"data:{piece['mime_type']};base64,{piece['data']}"
            told += [
                {"type": "text", "text": f"The picture in the result of {name}:"},
                {"type": "image_url", PICTURES: {"url": url}},
            ]
    return told


def _pictures(step: ToldStep) -> Iterator[tuple[str, Piece]]:
    for call in step.calls:
        result = step.results.get(call.tool_call_id)
        for piece in result.content if result is not None else ():
            is_told = "assistant" in (piece.get("audience") or ("assistant",))
            if is_told and piece.get("mime_type") in KINDS and isinstance(piece.get("data"), str):
                yield call.name, piece
