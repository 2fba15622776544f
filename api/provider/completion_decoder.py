"""The bytes of a Chat Completions answer become events: no I/O, any split of the bytes decodes the same.

    for received in body:
        events = decoder.feed(received)      # empty when nothing but keep-alives arrived
        if decoder.is_done:
            break
    events = decoder.flush()                 # the bytes have ended
    finished = decoder.finish()              # why the model stopped, and its usage; or raises what went wrong

`feed` and `flush` keep a failure for `finish`, so that text which arrived in front of it is never lost.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import orjson

from api.errors import ProviderError, ProviderTruncated, forget_frames
from api.events import Event, MessageDelta, ReasoningDelta, ToolCallStarted, Usage
from api.messages import Finished
from api.provider.errors import CHECK_BASE_URL, error_from_payload
from api.provider.sse_decoder import ServerSentEventDecoder

BUFFER_LIMIT = 8 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_NOT_AN_ANSWER = f"The provider did not answer with a chat completion: {CHECK_BASE_URL}."
_WEB_PAGE = f"The provider answered with a web page instead of a chat completion: {CHECK_BASE_URL}."
_MALFORMED = "The provider sent a line which is not a chat completion."
_TOO_LARGE = "The provider sent more in one piece than an answer can be."


class CompletionDecoder:
    """Decodes one answer, streamed or not, and knows its `finish_reason` once that has arrived.

    `is_done` says that more bytes would change nothing: the provider said so, or it failed. `content_count` grows with
    every piece of the answer, also those which are no event of their own, like the arguments of a tool call: silence is
    when it stands still.
    """

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.content_count = 0
        self.is_done = False
        self._usage: Usage | None = None
        self._failure: ProviderError | None = None
        self._looks_like_answer = False
        self._opening: bytes | None = b""
        self._document: bytearray | None = None
        self._stream = ServerSentEventDecoder()
        self._tool_calls = _ToolCalls()
        self._events: list[Event] = []

    def feed(self, received: bytes) -> list[Event]:
        """Decode the bytes of one read; consecutive deltas of a kind leave as one event."""
        if self.is_done:
            return []
        try:
            if self._opening is not None:
                received = self._open(self._opening + received)
            if self._document is not None:
                self._document += received
                self.content_count += 1
            else:
                for event_type, payload in self._stream.feed(received):
                    if self._read_event(event_type, payload):
                        break
            if len(self._document or b"") + self._stream.pending_size > BUFFER_LIMIT:
                raise ProviderError(_TOO_LARGE)
        except ProviderError as failure:
            self._keep(failure)
        return self._take_events()

    def flush(self) -> list[Event]:
        """Decode what was still waiting for its end: no more bytes will come."""
        if self.is_done:
            return []
        try:
            self._flush()
        except ProviderError as failure:
            self._keep(failure)
        return self._take_events()

    def finish(self) -> Finished:
        """Say why a complete answer ended.

        Raises:
            ProviderError: the provider reported a failure, or sent what is no answer.
            ProviderTruncated: the answer ended without a finish_reason.
        """
        if self._failure is not None:
            raise self._failure.fresh() from self._failure.__cause__
        if self.finish_reason is None:
            if self._opening is None and not self._looks_like_answer:
                raise ProviderError(_NOT_AN_ANSWER)
            raise ProviderTruncated("The provider's answer ended before it was complete.")
        return Finished(self.finish_reason, self._usage)

    def _keep(self, failure: ProviderError) -> None:
        """Keep a failure without its frames, which would keep this decoder."""
        forget_frames(failure)
        self._failure, self.is_done = failure, True

    def _open(self, opening: bytes) -> bytes:
        """Tell by its first character whether this is a stream, one JSON document or a web page."""
        content = opening.removeprefix(_BOM).lstrip()
        if _BOM.startswith(content):
            self._opening = content
            return b""
        self._opening = None
        if content.startswith(b"<"):
            raise ProviderError(_WEB_PAGE)
        if content.startswith((b"{", b"[")):
            self._document = bytearray()
        self._looks_like_answer = content.startswith(b":")
        return content

    def _flush(self) -> None:
        if self._document is not None:
            self._read_document(bytes(self._document))
            return
        for event_type, payload in self._stream.flush():
            self._looks_like_answer = True
            # Half a line at the end is a truncated answer, not a malformed one.
            if event_type == b"error" or payload.strip() == b"[DONE]" or _is_json(payload):
                self._read_event(event_type, payload)

    def _read_document(self, document: bytes) -> None:
        """Read an answer that came in one piece, because the provider does not stream."""
        try:
            content = orjson.loads(document)
        except orjson.JSONDecodeError as exc:
            raise ProviderError(_NOT_AN_ANSWER) from exc
        if isinstance(content, dict) and "choices" in content:
            self._read_chunk(document)
        elif isinstance(content, list) or "error" in content or content.get("object") == "error":
            raise error_from_payload(content)
        else:
            raise ProviderError(_NOT_AN_ANSWER)

    def _read_event(self, event_type: bytes, payload: bytes) -> bool:
        """Read one event and say whether it was the last."""
        payload = payload.strip()
        self._looks_like_answer = True
        if payload == b"[DONE]":
            self.is_done = True
        elif event_type == b"error":
            raise error_from_payload(orjson.loads(payload) if _is_json(payload) else payload.decode(errors="replace"))
        elif payload:
            self._read_chunk(payload)
        return self.is_done

    def _read_chunk(self, payload: bytes) -> None:
        try:
            chunk = orjson.loads(payload)
            for choice in chunk.get("choices") or ():
                if not choice.get("index"):
                    if delta := choice.get("delta") or choice.get("message"):
                        self._read_delta(delta)
                    if choice.get("finish_reason"):
                        self._read_finish(choice, chunk)
            if usage := chunk.get("usage"):
                self._usage = _read_usage(usage) or self._usage
            if chunk.get("error") or chunk.get("object") == "error":
                raise error_from_payload(chunk)
        except (AttributeError, LookupError, TypeError, ValueError) as exc:
            raise ProviderError(_MALFORMED) from exc

    def _read_delta(self, delta: dict[str, Any]) -> None:
        if text := delta.get("reasoning_content") or delta.get("reasoning"):
            if not isinstance(text, str):
                raise TypeError(text)
            self._events.append(ReasoningDelta(text))
            self.content_count += 1
        if text := delta.get("content") or delta.get("refusal"):
            self._events.append(MessageDelta(text if isinstance(text, str) else _text_of(text)))
            self.content_count += 1
        if tool_calls := delta.get("tool_calls"):
            self._tool_calls.append(tool_calls)
            self.content_count += 1

    def _read_finish(self, choice: dict[str, Any], chunk: dict[str, Any]) -> None:
        if choice["finish_reason"] == "error":
            raise error_from_payload(choice if choice.get("error") else chunk)
        self.finish_reason = choice["finish_reason"]
        self._events += self._tool_calls.take()
        if usage := choice.get("usage"):
            self._usage = _read_usage(usage) or self._usage

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events if len(events) < 2 else _joined(events)


class _ToolCalls:
    """Puts tool calls together from pieces, which name their call by `index` or, without one, follow it."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, list[str]]] = {}
        self._size = 0

    def append(self, pieces: list[dict[str, Any]]) -> None:
        for piece in pieces:
            function = piece.get("function") or {}
            index = piece.get("index")
            if index is None:
                is_new = not self._calls or piece.get("id") or function.get("name")
                index = len(self._calls) if is_new else max(self._calls)
            call = self._calls.setdefault(index, {"id": [], "name": [], "arguments": []})
            for field, value in (("id", piece.get("id")), ("name", function.get("name"))):
                if value and not call[field]:
                    call[field].append(value)
            arguments = function.get("arguments") or ""
            call["arguments"].append(arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode())
            self._size += len(call["arguments"][-1])
        if self._size > BUFFER_LIMIT:
            raise ProviderError(_TOO_LARGE)

    def take(self) -> list[ToolCallStarted]:
        calls, self._calls = self._calls, {}
        return [
            ToolCallStarted("".join(call["id"]) or f"call_{index}", "".join(call["name"]), "".join(call["arguments"]))
            for index, call in sorted(calls.items())
        ]


def _joined(events: list[Event]) -> list[Event]:
    """Join neighbouring deltas of a kind."""
    joined: list[Event] = []
    for kind, group in groupby(events, key=type):
        if issubclass(kind, (MessageDelta, ReasoningDelta)):
            joined.append(kind("".join([event.text for event in group if isinstance(event, kind)])))
        else:
            joined += group
    return joined


def _read_usage(usage: Mapping[str, Any]) -> Usage | None:
    tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return None if tokens == (None, None) else Usage(int(tokens[0] or 0), int(tokens[1] or 0), estimated=False)


def _text_of(parts: list[dict[str, Any]]) -> str:
    """Read content that came as a list of parts."""
    return "".join(part.get("text") or "" for part in parts)


def _is_json(payload: bytes) -> bool:
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        return False
    return True
