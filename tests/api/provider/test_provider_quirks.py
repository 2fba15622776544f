"""What providers do differently and wrong, over real sockets: each quirk decodes to its events or its error."""

import json

import pytest

from api.errors import (
    ContentFiltered,
    ContextTooLong,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTruncated,
)
from api.events import Event, MessageDelta, ReasoningDelta, ToolCallStarted, Usage
from api.messages import Finished
from api.provider.chat_model import ChatModel
from tests.support.chat_model_calls import (
    KEY,
    collect,
    delta,
    error_body,
    events_of,
    request,
    stream_of,
    text_of,
)
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.under_gevent import run_under_gevent


def test_an_answer_ends_with_its_finish_reason_and_usage(chat_model: ChatModel) -> None:
    *deltas, finished = events_of(chat_model, request(text="Hello you"))
    assert text_of(deltas) == "Hello you"
    assert finished == Finished("stop", Usage(1, 3, estimated=False))


QUIRKS: dict[str, tuple[Scenario, list[Event]]] = {
    "reasoning_content": (
        Scenario(text="a", reasoning="hm"),
        [ReasoningDelta("hm"), MessageDelta("a"), Finished("stop", Usage(1, 1, estimated=False))],
    ),
    "reasoning": (
        Scenario(text="a", reasoning="hm", reasoning_field="reasoning", usage="never"),
        [ReasoningDelta("hm"), MessageDelta("a"), Finished("stop")],
    ),
    "usage in every chunk": (
        Scenario(text="a", usage="every_chunk"),
        [MessageDelta("a"), Finished("stop", Usage(1, 1, estimated=False))],
    ),
    "usage in the choice": (
        Scenario(text="a", usage="in_choice"),
        [MessageDelta("a"), Finished("stop", Usage(1, 1, estimated=False))],
    ),
    "choices null and Azure's first chunk": (
        stream_of({"choices": [], "prompt_filter_results": []}, {"choices": None}, delta(content="a"), delta("stop")),
        [MessageDelta("a"), Finished("stop")],
    ),
    "tool calls without index": (
        stream_of(
            delta(tool_calls=[{"id": "c1", "function": {"name": "add", "arguments": "{}"}}]), delta("tool_calls")
        ),
        [ToolCallStarted("c1", "add", "{}"), Finished("tool_calls")],
    ),
    "comments": (
        Scenario(raw=(": OPENROUTER PROCESSING\n\n", f"data: {json.dumps(delta('stop', content='a'))}\n\n")),
        [MessageDelta("a"), Finished("stop")],
    ),
    "length": (Scenario(text="a", finish_reason="length", usage="never"), [MessageDelta("a"), Finished("length")]),
    "content_filter": (
        Scenario(text="", finish_reason="content_filter", usage="never"),
        [Finished("content_filter")],
    ),
    "no end mark": (
        Scenario(text="a", usage="never", has_end_mark=False),
        [MessageDelta("a"), Finished("stop")],
    ),
    "reset after the end": (
        Scenario(text="a", usage="never", has_end_mark=False, ending="reset"),
        [MessageDelta("a"), Finished("stop")],
    ),
    "CRLF in single bytes": (
        Scenario(text="☃", usage="never", line_end="\r\n", bytes_per_write=1),
        [MessageDelta("☃"), Finished("stop")],
    ),
    "until the connection closes": (
        Scenario(text="a", usage="never", framing="until_close"),
        [MessageDelta("a"), Finished("stop")],
    ),
    "with a length": (
        Scenario(text="a", usage="never", framing="content_length"),
        [MessageDelta("a"), Finished("stop")],
    ),
    "a JSON document instead of a stream": (
        Scenario(body='{"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}'),
        [MessageDelta("a"), Finished("stop")],
    ),
}


@pytest.mark.parametrize("name", QUIRKS)
def test_a_quirk_decodes_to_its_events(chat_model: ChatModel, provider: ScriptedProvider, name: str) -> None:
    scenario, expected = QUIRKS[name]
    provider.script("quirk", scenario)
    assert joined(events_of(chat_model, request("quirk"))) == expected


def joined(events: list[Event]) -> list[Event]:
    """Join what the network may have split."""
    result: list[Event] = []
    for event in events:
        if isinstance(event, MessageDelta | ReasoningDelta) and result and type(result[-1]) is type(event):
            event = type(event)(result.pop().text + event.text)  # type: ignore[union-attr]  # noqa: PLW2901
        result.append(event)
    return result


UNFINISHED: dict[str, object] = {"text": "kept", "finish_reason": None, "has_end_mark": False}

BREAKS: dict[str, tuple[Scenario, type[ProviderError]]] = {
    "error in the stream": (stream_of(delta(content="kept"), {"error": {"message": "no"}}), ProviderError),
    "vLLM's error": (
        stream_of(delta(content="kept"), {"object": "error", "message": "no", "code": 500}),
        ProviderError,
    ),
    "error event": (
        Scenario(raw=(f"data: {json.dumps(delta(content='kept'))}\n\n", 'event: error\ndata: {"message": "no"}\n\n')),
        ProviderError,
    ),
    "OpenRouter's finish_reason": (
        stream_of(delta(content="kept"), delta("error", content="") | {"error": {"code": 429, "message": "no"}}),
        ProviderRateLimited,
    ),
    "clean end without finish_reason": (Scenario(**UNFINISHED), ProviderTruncated),  # type: ignore[arg-type]
    "end mark without finish_reason": (Scenario(text="kept", finish_reason=None), ProviderTruncated),
    "connection closed": (Scenario(ending="cut", **UNFINISHED), ProviderTruncated),  # type: ignore[arg-type]
    "connection reset": (Scenario(ending="reset", **UNFINISHED), ProviderTruncated),  # type: ignore[arg-type]
    "malformed JSON": (
        Scenario(raw=(f"data: {json.dumps(delta(content='kept'))}\n\n", "data: {oops\n\n")),
        ProviderTruncated,
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_keeps_the_text_so_far(chat_model: ChatModel, provider: ScriptedProvider, name: str) -> None:
    scenario, error = BREAKS[name]
    provider.script("break", scenario)
    events: list[Event] = []
    with pytest.raises(ProviderError) as raised:
        collect(chat_model.open().events(request("break")), events)
    assert (text_of(events), type(raised.value)) == ("kept", error)


REFUSALS: dict[str, tuple[Scenario, type[ProviderError], str]] = {
    "401": (Scenario(status=401, body=error_body(f"Incorrect API key: {KEY}")), ProviderRejected, "OPENAI_API_KEY"),
    "403": (Scenario(status=403, body=error_body(f"Not allowed for {KEY}")), ProviderRejected, "Not allowed"),
    "403 with another key": (
        Scenario(status=403, body=error_body("not sk-proj-abc*xyz")),
        ProviderRejected,
        r"not \*\*\*$",
    ),
    "404": (Scenario(status=404, body=error_body("no model x")), ProviderRejected, "LLM_MODEL"),
    "404 by a web server": (Scenario(status=404, body="<html>nginx</html>"), ProviderRejected, "OPENAI_BASE_URL"),
    "402": (Scenario(status=402, body=error_body("Insufficient Balance")), ProviderRejected, "billing"),
    "429": (Scenario(status=429, body=error_body("slow down")), ProviderRateLimited, "slow down"),
    "429 without quota": (
        Scenario(status=429, body=error_body("pay", code="insufficient_quota")),
        ProviderRejected,
        "quota",
    ),
    "400": (Scenario(status=400, body=error_body("temperature is too high")), ProviderRejected, "too high"),
    "400 context": (
        Scenario(status=400, body=error_body("too long", code="context_length_exceeded")),
        ContextTooLong,
        "too long",
    ),
    "400 llama.cpp": (
        Scenario(status=400, body=error_body("n", type="exceed_context_size_error", code=400)),
        ContextTooLong,
        "too long",
    ),
    "400 filter": (Scenario(status=400, body=error_body("n", code="content_filter")), ContentFiltered, "filter"),
    "413": (Scenario(status=413, body="<html>"), ContextTooLong, "too long"),
    "500": (Scenario(status=500, body="oops"), ProviderError, "500"),
    "502 web page": (Scenario(status=502, body="<html>Bad gateway</html>"), ProviderError, "502"),
    "redirect": (Scenario(status=302, body="", headers={"location": "/"}), ProviderRejected, "OPENAI_BASE_URL"),
    "web page with 200": (Scenario(body="<html>Welcome</html>"), ProviderRejected, "web page"),
    "reset without an answer": (Scenario(ending="reset_before_headers"), ProviderError, "connection .* broke"),
    "a very long error": (Scenario(status=500, body="x" * 5_000_000), ProviderError, "…"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_a_sentence_without_the_key(chat_model: ChatModel, provider: ScriptedProvider, name: str) -> None:
    scenario, error, hint = REFUSALS[name]
    provider.script("refused", scenario)
    with pytest.raises(ProviderError, match=hint) as raised:
        events_of(chat_model, request("refused"))
    assert type(raised.value) is error
    assert KEY not in str(raised.value)


def test_a_refusal_repeats_neither_the_prompt_nor_a_secret(chat_model: ChatModel, provider: ScriptedProvider) -> None:
    prompt = "My PIN is 4711 and I live at 12 St James's Square."
    said = f"invalid input {prompt!r} at postgres://bob:hunter2@db:5432/x"
    provider.script("refused", Scenario(status=400, body=error_body(said)))
    with pytest.raises(ProviderRejected, match=r"status 400.*It says: invalid input") as raised:
        events_of(chat_model, request("refused", prompt))
    assert not [word for word in ("4711", "Square", "hunter2") if word in str(raised.value)]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "999999999"}, 3600.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 3600.0),
        ({}, None),
    ],
)
def test_retry_after_is_told(
    chat_model: ChatModel, provider: ScriptedProvider, headers: dict[str, str], seconds: float | None
) -> None:
    provider.script("busy", Scenario(status=503, body="{}", headers=headers))
    with pytest.raises(ProviderError) as raised:
        events_of(chat_model, request("busy"))
    assert raised.value.retry_after_seconds == seconds


def test_all_of_this_holds_under_gevent() -> None:
    run_under_gevent(__file__)
