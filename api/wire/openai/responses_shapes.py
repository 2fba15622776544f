"""A response of `/v1/responses`, made of the chat completion that is passed on: no I/O, no Flask.

Source: "Streaming events" and "The response object" of OpenAI's API reference.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from api.errors import DecantError, ProviderError
from api.hub import in_turns
from api.wire.openai.errors import error_object
from api.wire.openai.responses_output import Change, OutputItems
from api.wire.openai.shapes import WholeBody
from api.wire.sse import HEARTBEAT, OPEN

MAX_VALUES = 100_000
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class ResponseObject:
    """The response as it is at any moment; `echoed` is what it repeats of its request, `clock` tells Unix time."""

    def __init__(self, model: str, echoed: Mapping[str, Any], clock: Callable[[], float]) -> None:
        self.output = OutputItems()
        self.finish_reason: str | None = None
        self.usage: Mapping[str, Any] | None = None
        self._echoed = echoed
        self._model = model
        self._id = f"resp_{uuid.uuid4().hex}"
        self._clock = clock
        self._created_at = int(clock())

    @property
    def status(self) -> str:
        """Whether the answer is whole."""
        return "incomplete" if self.finish_reason in _INCOMPLETE else "completed"

    def fields(self, status: str, error: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the object in this status."""
        reason = _INCOMPLETE.get(self.finish_reason or "") if status == "incomplete" else None
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created_at,
            "completed_at": int(self._clock()) if status == "completed" else None,
            "status": status,
            "error": error,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": self._model,
            "output": self.output.items,
            "usage": _usage(self.usage) if self.usage else None,
            **self._echoed,
        }


class ResponseStream:
    """The documented sequence of events, from `response.created` to the one that ends it."""

    opening = OPEN
    heartbeat = HEARTBEAT

    def __init__(self, model: str, echoed: Mapping[str, Any], clock: Callable[[], float]) -> None:
        self._response = ResponseObject(model, echoed, clock)
        self._number = 0

    def encode(self, piece: bytes) -> bytes:
        """Turn frames of a chat completion into events."""
        changes: list[Change] = []
        for frame in piece.split(b"\n\n"):
            if frame.startswith(b"data: "):
                changes += self._read(frame[6:])
        return self._frames(changes)

    def failure(self, error: DecantError) -> bytes:
        """Say that it failed, with the items so far."""
        said = error_object(error)["error"]
        for _ in self._response.output.end("incomplete"):
            pass
        failed = self._response.fields("failed", {"code": said["code"], "message": said["message"]})
        # The first is what the SDKs raise, who look for its `error`; the second is the documented end.
        told = {**{name: said[name] for name in ("code", "message", "param")}, "error": said}
        return self._frames([Change("error", told), Change("response.failed", {"response": failed})])

    def _read(self, payload: bytes) -> Iterator[Change]:
        response = self._response
        if payload == b"[DONE]":
            yield from response.output.end(response.status)
            yield Change(f"response.{response.status}", {"response": response.fields(response.status)})
            return
        chunk = orjson.loads(payload)
        response.usage = chunk.get("usage") or response.usage
        for choice in chunk["choices"]:
            if choice["index"] == 0:
                yield from response.output.add(choice["delta"])
                response.finish_reason = choice["finish_reason"] or response.finish_reason

    def _frames(self, changes: list[Change]) -> bytes:
        if not self._number:
            begun = {"response": self._response.fields("in_progress") | {"output": []}}
            changes = [Change("response.created", begun), Change("response.in_progress", begun), *changes]
        frames = []
        for kind, fields in in_turns(changes):
            event = {"type": kind, "sequence_number": self._number, **fields}
            self._number += 1
            frames.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(event)))
        return b"".join(frames)


class WholeResponse(WholeBody):
    """The response in one piece."""

    def __init__(self, model: str, echoed: Mapping[str, Any], clock: Callable[[], float]) -> None:
        self._response = ResponseObject(model, echoed, clock)

    def encode(self, piece: bytes) -> bytes:
        """Turn a chat completion into a response.

        Raises:
            ProviderError: it has too many values.
        """
        if not piece:
            return piece
        # What is decoded at once holds everybody up.
        if sum(map(piece.count, (b",", b"[", b"{"))) > MAX_VALUES:
            raise ProviderError("The provider's answer has more in it than a response can be made of.")
        answer, response = orjson.loads(piece), self._response
        choice = answer["choices"][0]
        response.usage, response.finish_reason = answer.get("usage"), choice["finish_reason"]
        for _ in (*response.output.add(choice["message"]), *response.output.end(response.status)):
            pass
        return orjson.dumps(response.fields(response.status))


def _usage(told: Mapping[str, Any]) -> dict[str, Any]:
    of_input, of_output = told.get("prompt_tokens_details") or {}, told.get("completion_tokens_details") or {}
    counted = told.get("prompt_tokens") or 0, told.get("completion_tokens") or 0
    return {
        "input_tokens": counted[0],
        "input_tokens_details": {"cached_tokens": of_input.get("cached_tokens") or 0},
        "output_tokens": counted[1],
        "output_tokens_details": {"reasoning_tokens": of_output.get("reasoning_tokens") or 0},
        "total_tokens": sum(counted),
    }
