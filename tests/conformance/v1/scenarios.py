"""What providers do, each scripted as a model of its own, and what every client behind Decant has to see of it.

The quirks are those of real providers. What a row does not say is not there: no text, no calls, no failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.provider.bodies import DONE, STOP, chunk, event
from tests.support.provider.scenario import Scenario

Sees = Mapping[str, Any]
ESTIMATED = "estimated"

HELLO = chunk({"role": "assistant", "content": "Hel"}) + chunk({"content": "lo."})
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
TOLD = event({"choices": [], "usage": USAGE})


@dataclass(frozen=True)
class Row:
    """One thing that a provider does; `requests` is how often a client asks until it gives up, where that is fixed."""

    does: Scenario
    sees: Sees
    requests: int | None = 1


def body(*pieces: bytes, ending: str = "complete") -> Scenario:
    """Script a body of server-sent events, piece by piece."""
    return Scenario(raw=tuple(piece.decode() for piece in pieces), ending=ending)  # type: ignore[arg-type]


def refusal(status: int, error: object, **headers: str) -> Scenario:
    """Script a failure before the first byte."""
    document = event({"error": error})[6:].decode()
    return Scenario(status=status, body=document, headers=headers)


def calls(*pieces: dict[str, Any], finish_reason: str = "tool_calls") -> Scenario:
    """Script tool calls, a piece a chunk."""
    return body(*(chunk({"tool_calls": [piece]}) for piece in pieces), chunk({}, finish_reason), TOLD, DONE)


def call(index: int | None, name: str | None, arguments: Any, **more: object) -> dict[str, Any]:
    """Build a piece of a tool call."""
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return ({} if index is None else {"index": index}) | {"type": "function", "function": function} | more


def whole(message: object, finish_reason: str = "stop", **more: object) -> Scenario:
    """Script an answer in one piece, as bare as providers send it."""
    answer = {"choices": [{"message": message, "finish_reason": finish_reason}], "usage": USAGE} | more
    return Scenario(body=event(answer)[6:].decode())


def text(said: str = "Hello.", **more: object) -> Sees:
    """Say what is seen of an answer in words."""
    return {"text": said, "finish_reason": "stop", "usage": [3, 2]} | more


def called(*made: tuple[str, dict[str, Any]]) -> Sees:
    """Say what is seen of an answer in tool calls."""
    return {"calls": [list(one) for one in made], "finish_reason": "tool_calls", "usage": [3, 2]}


def broken(sentence: str, code: str = "upstream_error") -> Sees:
    """Say what is seen of an answer that breaks off."""
    return {"text": "Hello.", "error": sentence, "code": code}


def refused(status: int, sentence: str, code: str = "upstream_error") -> Sees:
    """Say what is seen of a failure before the first byte."""
    return {"error": sentence, "status": status, "code": code}


F = ("f", {"x": 1})
G = ("g", {"x": 2})


ANSWERS = {
    "plain": Row(body(HELLO, STOP, TOLD, DONE), text()),
    "role-with-null": Row(body(chunk({"role": "assistant", "content": None}), HELLO, STOP, TOLD, DONE), text()),
    "no-role": Row(body(chunk({"content": "Hello."}), STOP, TOLD, DONE), text()),
    "comments": Row(body(b": PROCESSING\n\n", HELLO, b": ping\n\n", STOP, TOLD, DONE), text()),
    "retry-block": Row(body(b"retry: 3000\n\n", HELLO, b"id: 7\n\n", STOP, TOLD, DONE), text()),
    "event-lines": Row(body(b"id: 1\nevent: message\n", HELLO, b"event: ping\ndata: {}\n\n", STOP, TOLD, DONE), text()),
    "keep-alive-words": Row(body(b"data: keep-alive\n\ndata: null\n\ndata:\n\n", HELLO, STOP, TOLD, DONE), text()),
    "no-end-mark": Row(body(HELLO, STOP, TOLD), text()),
    "crlf": Row(body(*(piece.replace(b"\n", b"\r\n") for piece in (HELLO, STOP, TOLD, DONE))), text()),
    "a-new-id-each": Row(
        body(*(chunk({"content": part}, id=part) for part in ("Hel", "lo.")), STOP, TOLD, DONE), text()
    ),
    "unknown-keys": Row(body(chunk({"content": "Hello.", "extra": [1]}, provider={"x": 1}), STOP, TOLD, DONE), text()),
    "empty-finish-reason": Row(body(chunk({"content": "Hello."}, ""), STOP, TOLD, DONE), text()),
    "stopped-in-capitals": Row(body(HELLO, chunk({}, "STOP"), TOLD, DONE), text()),
    "length": Row(body(HELLO, chunk({}, "length"), TOLD, DONE), text(finish_reason="length")),
    "azures-first-chunk": Row(
        body(event({"choices": [], "prompt_filter_results": [], "model": "", "id": ""}), HELLO, STOP, TOLD, DONE),
        text(),
    ),
    "usage-in-every-chunk": Row(
        body(chunk({"content": "Hello."}, usage=USAGE), chunk({}, "stop", usage=USAGE), DONE), text()
    ),
    "usage-in-x-groq": Row(body(HELLO, chunk({}, "stop", x_groq={"usage": USAGE}), DONE), text()),
    "usage-not-told": Row(body(HELLO, STOP, DONE), text(usage=ESTIMATED)),
    "one-json-document": Row(
        body(event({"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}], "usage": USAGE})[6:]),
        text(),
    ),
    "options-refused": Row(Scenario(text="Hello.", rejects=("stream_options",)), text(usage=ESTIMATED), requests=None),
    "reasoning-content": Row(body(chunk({"reasoning_content": "Hm."}), HELLO, STOP, TOLD, DONE), text(reasoning="Hm.")),
}

CALLS = {
    "a-call": Row(calls(call(0, "f", '{"x"', id="a"), call(0, None, ": 1}")), called(F)),
    "calls-with-one-index": Row(
        calls(call(0, "f", '{"x": 1}', id="a"), call(0, "g", '{"x": 2}', id="b")), called(F, G)
    ),
    "calls-without-index": Row(
        calls(call(None, "f", '{"x": 1}', id="a"), call(None, "g", '{"x": 2}', id="b")), called(F, G)
    ),
    "a-call-at-one": Row(calls(call(1, "f", '{"x": 1}', id="a")), called(F)),
    "a-call-without-id": Row(calls(call(0, "f", '{"x": 1}')), called(F)),
    "arguments-as-object": Row(calls(call(0, "f", {"x": 1}, id="a")), called(F)),
    "a-late-name": Row(
        calls({"index": 0, "id": "a", "type": "function", "function": {"arguments": ""}}, call(0, "f", '{"x": 1}')),
        called(F),
    ),
    "calls-that-stop": Row(calls(call(0, "f", '{"x": 1}', id="a"), finish_reason="stop"), called(F)),
}

BROKEN = {
    "no-finish-reason": Row(body(HELLO, DONE), broken("ended before it was complete", "upstream_truncated")),
    "cut": Row(body(HELLO, ending="cut"), broken("broke within the answer", "upstream_truncated")),
    "error-frame": Row(body(HELLO, event({"error": {"message": "boom"}}), DONE), broken("boom")),
    "error-frame-then-cut": Row(body(HELLO, event({"error": {"message": "boom"}}), ending="cut"), broken("boom")),
    "error-event": Row(body(HELLO, b"event: error\n", event({"message": "boom"})), broken("boom")),
    "vllms-error": Row(body(HELLO, event({"object": "error", "message": "boom", "code": 500}), DONE), broken("boom")),
    "groqs-error": Row(body(HELLO, chunk({}, None, x_groq={"error": "boom"}), DONE), broken("boom")),
    "aborted": Row(body(HELLO, chunk({}, "abort"), DONE), broken("(abort)", "upstream_truncated")),
    "error-as-first-frame": Row(body(event({"error": {"message": "boom"}})), refused(502, "boom"), requests=3),
    "nothing": Row(body(DONE), refused(502, "OPENAI_BASE_URL"), requests=None),
    "a-page": Row(Scenario(body="<html>Welcome</html>"), refused(502, "OPENAI_BASE_URL"), requests=None),
}

REFUSED = {
    "busy": Row(
        refusal(429, {"message": "slow down"}, **{"retry-after": "1"}),
        refused(429, "slow down", "rate_limit_exceeded"),
        3,
    ),
    "unavailable": Row(refusal(503, {"message": "away"}, **{"retry-after": "1"}), refused(502, "away"), 3),
    "a-wrong-key": Row(refusal(401, {"message": "bad key"}), refused(502, "OPENAI_API_KEY")),
    "too-long": Row(
        refusal(400, {"message": "long", "code": "context_length_exceeded"}),
        refused(400, "long", "context_length_exceeded"),
    ),
    "filtered": Row(refusal(400, {"message": "no", "code": "content_filter"}), refused(400, "no", "content_filter")),
    "not-valid": Row(
        refusal(400, {"message": "temperature is too high", "param": "temperature"}),
        refused(400, "temperature", "bad_request"),
    ),
    "a-defect": Row(refusal(500, {"message": "oops"}), refused(502, "oops"), 3),
    "a-gateways-page": Row(Scenario(status=502, body="<html>Bad Gateway</html>"), refused(502, "502"), 3),
}

STREAMED: dict[str, Row] = ANSWERS | CALLS | BROKEN | REFUSED

MADE = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}

# What is asked for in one piece.
WHOLE = {
    "whole": Row(whole({"role": "assistant", "content": "Hello."}), text()),
    "whole-without-role": Row(whole({"content": "Hello."}), text()),
    "whole-in-parts": Row(whole({"content": [{"type": "text", "text": "Hello."}]}), text()),
    "whole-reasoning": Row(whole({"content": "Hello.", "reasoning_content": "Hm."}), text(reasoning="Hm.")),
    "whole-usage-null": Row(whole({"content": "Hello."}, usage=None), text(usage=None)),
    "whole-call": Row(whole({"content": None, "tool_calls": [MADE]}, "tool_calls"), called(F)),
    "whole-call-without-id": Row(whole({"tool_calls": [{"function": MADE["function"]}]}, "tool_calls"), called(F)),
    "whole-arguments": Row(
        whole({"tool_calls": [MADE | {"function": {"name": "f", "arguments": {"x": 1}}}]}, "tool_calls"), called(F)
    ),
    "whole-call-that-stops": Row(whole({"tool_calls": [MADE]}), called(F)),
    "whole-error": Row(Scenario(body='{"error": {"message": "boom"}}'), refused(502, "boom"), 3),
    "whole-aborted": Row(whole({"content": "Hel"}, "abort"), refused(502, "abort", "upstream_truncated"), 3),
}
