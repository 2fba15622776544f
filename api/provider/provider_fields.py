"""What a provider wants to get back with the results of the tools it calls, kept as it came; pure.

Sources: `reasoning_content` (api-docs.deepseek.com/guides/thinking_mode), `reasoning` (docs.vllm.ai),
`reasoning_details` (openrouter.ai/docs, MiniMax), `extra_content.google.thought_signature` of a call
(ai.google.dev/gemini-api/docs/openai).
"""

from collections.abc import Mapping
from typing import Any

from api.provider.pieces import encoded

MAX_SIZE = 1024 * 1024
MAX_DETAILS = 10_000
NAMES = ("reasoning_content", "reasoning")
DETAILS = "reasoning_details"
# Keys of a detail whose pieces belong together.
_GROWING = ("text", "summary", "data", "signature")


class _Pieces(list[str]):
    """The pieces of a text, to be joined once."""


class MessageFields:
    """Collects, of the deltas of one answer, the name its reasoning came under and the details of it, in order."""

    def __init__(self) -> None:
        self._name = ""
        self._details: list[dict[str, Any]] = []
        self._size = 0

    def append(self, delta: Mapping[str, Any]) -> None:
        """Take one delta."""
        self._name = self._name or next((name for name in NAMES if delta.get(name)), "")
        details = delta.get(DETAILS)
        if isinstance(details, list) and self._size <= MAX_SIZE:
            for detail in details[:MAX_DETAILS]:
                if isinstance(detail, dict):
                    self._add(detail)

    def take(self) -> dict[str, object]:
        """Return what there is; of more than a megabyte of details none, for a part of them is worth nothing."""
        is_whole = self._size <= MAX_SIZE and len(self._details) <= MAX_DETAILS
        details = {DETAILS: [_joined(detail) for detail in self._details]} if self._details and is_whole else {}
        return {"reasoning_name": self._name, **details} if self._name else dict(details)

    def _add(self, detail: dict[str, Any]) -> None:
        size = len(encoded(detail))
        self._size += size or MAX_SIZE + 1
        last = self._details[-1] if self._details else {}
        is_more = all(last.get(name) == detail.get(name) for name in ("type", "index")) and (
            detail.get("id") in (None, last.get("id"))
        )
        if not last or not is_more:
            last = {}
            self._details.append(last)
        for name, value in detail.items():
            if name in _GROWING and isinstance(value, str):
                pieces = last.get(name)
                if not isinstance(pieces, _Pieces):
                    pieces = last[name] = _Pieces()
                pieces.append(value)
            elif value is not None or name not in last:
                last[name] = value


def _joined(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: "".join(value) if isinstance(value, _Pieces) else value for name, value in detail.items()}
