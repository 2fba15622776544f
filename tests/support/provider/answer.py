"""Turns a scenario and a request into the bytes of an answer and their pace: no I/O."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.provider.obedient import obey, text_of
from tests.support.provider.scenario import Scenario

BURST_BYTES = 64 * 1024


def pieces(scenario: Scenario, request: dict[str, Any]) -> list[tuple[float, bytes]]:
    """List what to send: seconds after the first piece, and the bytes of one write of the body."""
    scenario = obey(scenario, request) if scenario.obeys else scenario
    if scenario.raw is not None:
        lines = list(scenario.raw)
    else:
        lines = [f"data: {line}\n\n" for line in _data_lines(scenario, request)]
    encoded = [line.replace("\n", scenario.line_end).encode("utf-8", "surrogateescape") for line in lines]
    if scenario.bytes_per_write:
        body, step = b"".join(encoded), scenario.bytes_per_write
        encoded = [body[start : start + step] for start in range(0, len(body), step)]
    interval = 1 / scenario.chunks_per_second if scenario.chunks_per_second else 0.0
    return [
        (
            position * interval
            + (scenario.pause if scenario.pause_after_chunks and position >= scenario.pause_after_chunks else 0.0),
            line,
        )
        for position, line in enumerate(encoded)
    ]


def document(scenario: Scenario, request: dict[str, Any]) -> bytes:
    """Build the answer to a request that does not stream."""
    scenario = obey(scenario, request) if scenario.obeys else scenario
    message: dict[str, Any] = {"role": "assistant", "content": "".join(_deltas(scenario, request))}
    if scenario.tool_calls:
        message["tool_calls"] = [
            {"id": f"call_{place}", "type": "function", "function": call}
            for place, call in enumerate(scenario.tool_calls)
        ]
    if scenario.reasoning:
        message[scenario.reasoning_field] = scenario.reasoning
    choice = {"index": 0, "message": message, "finish_reason": scenario.finish_reason}
    return json.dumps(
        {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], "usage": _usage(scenario, request)}
    ).encode()


def _data_lines(scenario: Scenario, request: dict[str, Any]) -> Iterator[str]:
    model = str(request.get("model"))
    every = {"usage": _usage(scenario, request)} if scenario.usage == "every_chunk" else {}
    yield _chunk(model, {"role": "assistant", "content": ""}, **every)
    for text in _split(scenario.reasoning, scenario.chunk_chars):
        yield _chunk(model, {scenario.reasoning_field: text}, **every)
    for text in _deltas(scenario, request):
        yield _chunk(model, {"content": text}, **every)
    for call in _tool_call_deltas(scenario):
        yield _chunk(model, {"tool_calls": [call]}, **every)
    if scenario.finish_reason is not None:
        in_choice = _usage(scenario, request) if scenario.usage == "in_choice" else None
        yield _chunk(model, {}, scenario.finish_reason, in_choice, **every)
    wants_usage = (request.get("stream_options") or {}).get("include_usage")
    if scenario.usage == "always" or (scenario.usage == "on_request" and wants_usage):
        yield json.dumps(_envelope(model) | {"choices": [], "usage": _usage(scenario, request)})
    if scenario.has_end_mark:
        yield "[DONE]"


def _deltas(scenario: Scenario, request: dict[str, Any]) -> list[str]:
    if scenario.deltas:
        return list(scenario.deltas)
    text = _last_user_message(request) if scenario.text is None else scenario.text
    return _split(text, scenario.chunk_chars)


def _tool_call_deltas(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for place, call in enumerate(scenario.tool_calls):
        function = {"name": call["name"], "arguments": ""}
        yield {"index": place, "id": f"call_{place}", "type": "function", "function": function}
        for piece in _split(call["arguments"], scenario.chunk_chars):
            yield {"index": place, "function": {"arguments": piece}}


def _split(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _last_user_message(request: dict[str, Any]) -> str:
    return text_of([message for message in request.get("messages", []) if message.get("role") == "user"][-1:])


def _envelope(model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": model}


def _chunk(
    model: str, delta: dict[str, Any], finish_reason: str | None = None, choice_usage: object = None, **more: object
) -> str:
    choice: dict[str, object] = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    if choice_usage is not None:
        choice["usage"] = choice_usage
    return json.dumps(_envelope(model) | {"choices": [choice]} | more)


def _usage(scenario: Scenario, request: dict[str, Any]) -> dict[str, int]:
    """Count a message as one token read and a delta as one token written, so that tests can tell them apart."""
    read, written = len(request.get("messages", [])), len(_deltas(scenario, request))
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
