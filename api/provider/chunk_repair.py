"""The chunks of a streamed chat completion as they go on to a client: bytes in, bytes out, no I/O.

    for received in body:
        send(repair.feed(received))        # whole frames; what is well formed is the provider's own bytes
        if repair.is_done:
            break
    send(repair.end())                     # usage where it is wanted, and [DONE]; or raises what went wrong

Source: "The chat completion chunk object" of OpenAI's API reference, and what clients do with what differs from it. One
`id` and a `finish_reason` of the list for every client; usage once and only where it was asked for, because LangChain
adds up what is told twice; each tool call with an index of its own and an id, because two that share one are merged.
"""

import json
import time
from typing import Any

import orjson

from api.errors import ProviderError, ProviderRejected, ProviderTruncated, forget_frames
from api.events import Usage
from api.provider.answer_body import AnswerBody
from api.provider.answer_words import MALFORMED, NOT_AN_ANSWER, OTHER_PROTOCOLS, TRUNCATED
from api.provider.choice_repair import ENVELOPE, OBJECT, ChoiceRepair
from api.provider.errors import error_from_payload
from api.provider.pieces import SMALL_BYTES, PromptProgress, chunks_of, usage_of

MAX_CHOICES = 128
DONE = b"data: [DONE]\n\n"


class ChunkRepair:
    """Passes one answer on; `completion_id` and `model` are for a provider that names none.

    `finish_reason` is the first choice's to end, `content_count` grows with every piece of the answer, `content_chars`
    is how long it is. `is_done` says that more bytes would change nothing. A failure is kept for `end`, so that what
    came in front of it is passed on.
    """

    def __init__(self, completion_id: str, model: str, *, tells_usage: bool, max_chars: int) -> None:
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.content_count = self.content_chars = self.not_understood = 0
        self.is_done = False
        self._own_id = completion_id
        self._id = ""
        self._created = int(time.time())
        self._model = model
        self._tells_usage = tells_usage
        self._max_chars = max_chars
        self._failure: ProviderError | None = None
        self._body = AnswerBody()
        self._progress = PromptProgress()
        self._choices: dict[int, ChoiceRepair] = {}
        self._first: ChoiceRepair | None = None
        self._frames: list[bytes] = []
        self._told: bytes | None = None

    @property
    def has_answer(self) -> bool:
        """Whether there is more than reasoning."""
        return any(choice.has_answer for choice in self._choices.values())

    @property
    def is_finished(self) -> bool:
        """Whether every choice has said why it ended."""
        return self.finish_reason is not None and all(choice.is_finished for choice in self._choices.values())

    def feed(self, received: bytes) -> bytes:
        """Take the bytes of one read, and return the frames to send."""
        try:
            for event_type, payload in self._body.feed(received):
                self._read_event(event_type, payload)
                if self.is_done:
                    break
            self.content_count += self._body.document is not None
            self._body.check_size()
        except ProviderError as failure:
            self._keep(failure)
        return self._take_frames()

    def end(self, estimated: Usage) -> bytes:
        """Return what closes a complete answer; `estimated` is told where the provider counted nothing.

        Raises:
            ProviderError: the provider reported a failure, or sent what is no answer.
            ProviderTruncated: the answer ended without a finish_reason.
        """
        if self._failure is not None:
            raise self._failure.fresh() from None
        if not self.is_finished:
            if self._choices or self.content_count:
                raise ProviderTruncated(TRUNCATED)
            raise ProviderError(MALFORMED if self.not_understood else NOT_AN_ANSWER)
        if not self._tells_usage:
            return DONE
        if self._told is None:
            counts = {"prompt_tokens": estimated.input_tokens, "completion_tokens": estimated.output_tokens}
            total = estimated.input_tokens + estimated.output_tokens
            self._told = self._usage_chunk({**counts, "total_tokens": total, "estimated": True})
        return b"data: %b\n\n%b" % (self._told, DONE)

    def flush(self) -> bytes:
        """Read what waited for its end, because no more bytes will come, and return the frames to send."""
        if not self.is_done:
            try:
                self._flush()
            except ProviderError as failure:
                self._keep(failure)
        return self._take_frames()

    def _take_frames(self) -> bytes:
        frames, self._frames = self._frames, []
        return frames[0] if len(frames) == 1 else b"".join(frames)

    def _flush(self) -> None:
        if self._body.document is not None:
            content = next(iter(chunks_of(bytes(self._body.document))), None)
            if not isinstance(content, dict) or "choices" not in content:
                is_error = isinstance(content, list | dict) and bool(content)
                raise error_from_payload(content) if is_error else ProviderError(NOT_AN_ANSWER)
            self._repair(content, b"")
        for event_type, payload in self._body.flush():
            if event_type == b"error" or payload.strip() == b"[DONE]" or chunks_of(payload):
                self._read_event(event_type, payload)

    def _keep(self, failure: ProviderError) -> None:
        """Keep a failure without its frames, which would keep this decoder."""
        forget_frames(failure)
        self._failure, self.is_done = failure, True

    def _read_event(self, event_type: bytes, payload: bytes) -> None:
        payload = payload.strip()
        if payload == b"[DONE]":
            self.is_done = True
        elif event_type == b"error" and self.finish_reason is None:
            raise error_from_payload(next(iter(chunks_of(payload)), payload.decode(errors="replace")))
        elif payload:
            self._read_chunk(payload)

    def _read_chunk(self, payload: bytes) -> None:
        try:
            whole = orjson.loads(payload) if len(payload) <= SMALL_BYTES else None
        except orjson.JSONDecodeError:
            whole = None
        if type(whole) is dict and self._is_plain(whole):
            self._frames.append(b"data: %b\n\n" % payload)
        else:
            found = [whole] if whole is not None else chunks_of(payload)
            # What only a lenient reader takes, such as half a character, is written anew.
            is_strict = whole is not None or len(payload) > SMALL_BYTES
            same = payload if is_strict and len(found) == 1 and b"\n" not in payload else b""
            for chunk in found or [None]:
                if isinstance(chunk, dict):
                    self._repair(chunk, same)
                else:
                    self.not_understood += 1
        if self.content_chars > self._max_chars:
            self._cut()

    def _is_plain(self, chunk: dict[str, Any]) -> bool:
        """Say whether a chunk is more text of an answer that goes well, as nearly all are: it goes on as it came."""
        choices, first = chunk.get("choices"), self._first
        if type(choices) is not list or len(choices) != 1 or first is None or first.is_finished:
            return False
        choice = choices[0]
        if type(choice) is not dict or choice.get("finish_reason", "") is not None or choice.get("index") != 0:
            return False
        delta = choice.get("delta")
        if type(delta) is not dict or len(delta) != 1 or not self._is_enveloped(chunk):
            return False
        text = delta.get("content")
        if type(text) is not str or not first.is_whole:
            return False
        self.content_chars += len(text)
        if text:
            self.content_count += 1
            first.has_answer = True
        return True

    def _is_enveloped(self, chunk: dict[str, Any]) -> bool:
        return (
            chunk.get("id") == self._id
            and chunk.get("object") == OBJECT
            and type(chunk.get("created")) is int
            and type(chunk.get("model")) is str
            and not chunk.get("usage")
            and "error" not in chunk
            and "x_groq" not in chunk
        )

    def _repair(self, chunk: dict[str, Any], payload: bytes) -> None:
        """Pass on a chunk as the client expects it; of one that needed nothing, the provider's own bytes."""
        groq = chunk.get("x_groq")
        groq = groq if isinstance(groq, dict) else {}
        self._raise_error(chunk, groq)
        is_changed = self._name(chunk)
        self.content_count += self._progress.has_grown(chunk)
        choices = chunk.get("choices")
        told = chunk.get("usage") or groq.get("usage")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and (of_choice := choice.pop("usage", None)):
                told, is_changed = told or of_choice, True
        if told:
            self.usage = usage_of(told) or self.usage
            if payload and not is_changed and choices == [] and chunk.get("usage"):
                self._told = payload
            elif self._tells_usage:
                self._told = self._usage_chunk(told)
            if "usage" in chunk:
                chunk["usage"], is_changed = None, True
        kept = []
        for choice in choices[:MAX_CHOICES] if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                kept.append(choice)
                is_changed = self._choice(choice).repair(choice) or is_changed
            else:
                self.not_understood += 1
        self._count()
        if kept or (not told and not chunk.keys() <= ENVELOPE):
            chunk["choices"] = kept
            is_same = payload and not is_changed and len(kept) == len(choices or ())
            self._frames.append(b"data: %b\n\n" % (payload if is_same else encoded(chunk)))
        for one in self._choices.values():
            if one.failure is not None:
                raise one.failure

    def _raise_error(self, chunk: dict[str, Any], groq: dict[str, Any]) -> None:
        if self.is_finished:
            return
        for one in (chunk, groq):
            if one.get("error"):
                raise error_from_payload(one)
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("finish_reason") == "error":
                raise error_from_payload(choice if choice.get("error") else chunk)
        if chunk.get("object") == "error":
            raise error_from_payload(chunk)
        if "choices" not in chunk and str(chunk.get("type", "")).startswith(OTHER_PROTOCOLS):
            raise ProviderRejected(NOT_AN_ANSWER)

    def _name(self, chunk: dict[str, Any]) -> bool:
        """Give the chunk the one id, and what else identifies it; say whether that changed anything."""
        given = chunk.get("id")
        self._id = self._id or (given if isinstance(given, str) and given else self._own_id)
        if isinstance(chunk.get("model"), str) and chunk["model"]:
            self._model = chunk["model"]
        named = {"id": self._id, "object": OBJECT, "model": self._model}
        if type(chunk.get("created")) is not int:
            named["created"] = self._created  # type: ignore[assignment]
        is_changed = any(chunk.get(name) != value for name, value in named.items())
        chunk.update(named)
        return is_changed

    def _choice(self, choice: dict[str, Any]) -> ChoiceRepair:
        index = choice.get("index")
        index = index if type(index) is int and 0 <= index < MAX_CHOICES else 0
        found = self._choices.get(index)
        if found is None:
            found = self._choices[index] = ChoiceRepair(index)
            if index == 0:
                self._first = found
        return found

    def _count(self) -> None:
        """Take over what the choices have counted."""
        for choice in self._choices.values():
            self.content_chars += choice.take_chars()
            self.content_count += choice.take_count()
            self.finish_reason = self.finish_reason or choice.finish_reason

    def _cut(self) -> None:
        """End an answer that is longer than one may be."""
        self.finish_reason = "length"
        for choice in self._choices.values():
            if not choice.is_finished:
                choice.finish_reason = "length"
                cut = {"index": choice.index, "delta": {}, "finish_reason": "length"}
                self._frames.append(b"data: %b\n\n" % encoded(self._enveloped([cut])))
        self.is_done = True

    def _usage_chunk(self, told: object) -> bytes:
        return encoded({**self._enveloped([]), "usage": told})

    def _enveloped(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        named = {"id": self._id or self._own_id, "object": OBJECT, "created": self._created, "model": self._model}
        return {**named, "choices": choices}


def encoded(chunk: object) -> bytes:
    """Encode a chunk; half a character, which no strict reader takes, becomes a question mark."""
    try:
        return orjson.dumps(chunk)
    except TypeError:
        return json.dumps(chunk, ensure_ascii=False).encode("utf-8", "replace")
