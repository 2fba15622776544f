"""The output items of a response, as a chat completion grows: pure.

Reasoning, text and function calls become items in the order in which they begin. Reasoning and text end where another
item begins; calls, whose pieces may alternate, with the answer.
"""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Item = dict[str, Any]


class Change(NamedTuple):
    """An event of the documented sequence, without its number."""

    kind: str
    fields: dict[str, Any]


class OutputItems:
    """Takes deltas of a chat completion and yields what changes; `items` are the items so far."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._open: int | None = None  # The reasoning or text that grows.
        self._texts: dict[int, list[str]] = {}
        self._calls: dict[object, int] = {}

    def add(self, delta: Mapping[str, Any]) -> Iterator[Change]:
        """Take one delta, or the message of an answer in one piece."""
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(reasoning, str) and reasoning:
            yield from self._grow("reasoning", reasoning)
        content = delta.get("content") or delta.get("refusal")
        if isinstance(content, str) and content:
            yield from self._grow("message", content)
        for number, call in enumerate(delta.get("tool_calls") or ()):
            yield from self._call(call.get("index", number), call)

    def end(self, status: str) -> Iterator[Change]:
        """End every item that is open."""
        yield from self._close("completed" if status == "completed" else "incomplete")
        for at in self._calls.values():
            item = self.items[at]
            item["arguments"], item["status"] = "".join(self._texts[at]), status
            done = {"item_id": item["id"], "output_index": at, "arguments": item["arguments"], "name": item["name"]}
            yield Change("response.function_call_arguments.done", done)
            yield Change("response.output_item.done", {"output_index": at, "item": item})
        self._calls = {}

    def _grow(self, kind: str, text: str) -> Iterator[Change]:
        at = self._open
        if at is None or self.items[at]["type"] != kind:
            yield from self._close("completed")
            item: Item = {"type": kind, "id": _new_id("msg" if kind == "message" else "rs"), "status": "in_progress"}
            item |= {"role": "assistant", "content": []} if kind == "message" else {"summary": [], "content": []}
            at = self._open = len(self.items)
            yield from self._begin(item)
            yield Change("response.content_part.added", self._place(at, part=_part(kind, "")))
        self._texts[at].append(text)
        event = "response.output_text.delta" if kind == "message" else "response.reasoning_text.delta"
        yield Change(event, self._place(at, delta=text) | ({"logprobs": []} if kind == "message" else {}))

    def _close(self, status: str) -> Iterator[Change]:
        """End the reasoning or text that grows."""
        at, self._open = self._open, None
        if at is None:
            return
        item, text = self.items[at], "".join(self._texts[at])
        part = _part(item["type"], text)
        item["content"], item["status"] = [part], status
        event = "response.output_text.done" if item["type"] == "message" else "response.reasoning_text.done"
        yield Change(event, self._place(at, text=text) | ({"logprobs": []} if item["type"] == "message" else {}))
        yield Change("response.content_part.done", self._place(at, part=part))
        yield Change("response.output_item.done", {"output_index": at, "item": item})

    def _call(self, index: object, call: Mapping[str, Any]) -> Iterator[Change]:
        function = call.get("function") or {}
        if index not in self._calls:
            yield from self._close("completed")
            self._calls[index] = len(self.items)
            named = {"call_id": call.get("id") or _new_id("call"), "name": function.get("name") or ""}
            yield from self._begin(
                {"type": "function_call", "id": _new_id("fc"), "status": "in_progress", "arguments": "", **named}
            )
        at = self._calls[index]
        if arguments := function.get("arguments"):
            self._texts[at].append(arguments)
            grown = {"item_id": self.items[at]["id"], "output_index": at, "delta": arguments}
            yield Change("response.function_call_arguments.delta", grown)

    def _begin(self, item: Item) -> Iterator[Change]:
        self._texts[len(self.items)] = []
        self.items.append(item)
        # A copy: what is told is what was so then.
        yield Change("response.output_item.added", {"output_index": len(self.items) - 1, "item": dict(item)})

    def _place(self, at: int, **fields: object) -> dict[str, Any]:
        return {"item_id": self.items[at]["id"], "output_index": at, "content_index": 0, **fields}


def _part(kind: str, text: str) -> dict[str, Any]:
    if kind == "reasoning":
        return {"type": "reasoning_text", "text": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _new_id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"
