"""Every quirk of a provider's stream, as bytes; `test_chat_model.py` sends the same kinds over a socket."""

from collections.abc import Iterable

import orjson
import pytest

from api.errors import (
    ContentFiltered,
    ContextTooLong,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTruncated,
)
from api.events import Event, MessageDelta, ReasoningDelta, ToolCallStarted, Usage, to_json
from api.messages import Finished
from api.provider.completion_decoder import BUFFER_LIMIT, CompletionDecoder


def event(payload: object) -> bytes:
    return b"data: " + (payload if isinstance(payload, bytes) else orjson.dumps(payload)) + b"\n\n"


def chunk(delta: object = None, finish_reason: str | None = None, **more: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]} | more)


STOP = chunk({}, "stop")
DONE = b"data: [DONE]\n\n"
DOCUMENT_USAGE = b'"usage": {"prompt_tokens": 1, "completion_tokens": 1}}\n'
HELLO = chunk({"content": "Hel"}) + chunk({"content": "lo ☃"})


def decode(pieces: Iterable[bytes]) -> list[Event | Finished]:
    """Decode to the end, join neighbouring deltas, and give an error's class and sentence as the last entry."""
    decoder = CompletionDecoder()
    events: list[Event | Finished] = []
    for piece in pieces:
        events += decoder.feed(piece)
        if decoder.is_done:
            break
    events += decoder.flush()
    try:
        events.append(decoder.finish())
    except ProviderError as error:
        events.append((type(error), str(error)))  # type: ignore[arg-type]
    return joined(events)


def joined(events: list[Event | Finished]) -> list[Event | Finished]:
    result: list[Event | Finished] = []
    for event in events:
        if isinstance(event, MessageDelta | ReasoningDelta) and result and type(result[-1]) is type(event):
            result[-1] = type(event)(result[-1].text + event.text)
        else:
            result.append(event)
    return result


def failure(body: bytes) -> type[ProviderError]:
    """Decode an answer that fails and give the class of its error."""
    error, _ = decode([body])[-1]  # type: ignore[misc]
    return error


ANSWERS = {
    "plain": (HELLO + STOP + DONE, [MessageDelta("Hello ☃"), Finished("stop")]),
    "no end mark": (HELLO + STOP, [MessageDelta("Hello ☃"), Finished("stop")]),
    "no last empty line": (HELLO + STOP.rstrip(), [MessageDelta("Hello ☃"), Finished("stop")]),
    "end mark without line end": (HELLO + STOP + b"data: [DONE]", [MessageDelta("Hello ☃"), Finished("stop")]),
    "length": (HELLO + chunk({}, "length") + DONE, [MessageDelta("Hello ☃"), Finished("length")]),
    "content_filter": (chunk({}, "content_filter") + DONE, [Finished("content_filter")]),
    "empty finish_reason": (chunk({"content": "a"}, "") + STOP, [MessageDelta("a"), Finished("stop")]),
    "crlf": ((HELLO + STOP + DONE).replace(b"\n", b"\r\n"), [MessageDelta("Hello ☃"), Finished("stop")]),
    "cr": ((HELLO + STOP + DONE).replace(b"\n", b"\r"), [MessageDelta("Hello ☃"), Finished("stop")]),
    "byte order mark": (b"\xef\xbb\xbf" + HELLO + STOP, [MessageDelta("Hello ☃"), Finished("stop")]),
    "no space after the colon": ((HELLO + STOP).replace(b": ", b":"), [MessageDelta("Hello ☃"), Finished("stop")]),
    "comments, ids and retries": (
        b": OPENROUTER PROCESSING\n\nid: 7\nretry: 10\n" + HELLO + b": keep-alive\n\n" + STOP,
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "data over several lines": (
        b'data: {"choices": [{"delta": {"content": "a"},\ndata: "finish_reason": "stop"}]}\n\n',
        [MessageDelta("a"), Finished("stop")],
    ),
    "reasoning_content": (
        chunk({"reasoning_content": "hm"}) + chunk({"reasoning_content": "m", "content": None}) + HELLO + STOP,
        [ReasoningDelta("hmm"), MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "reasoning": (
        chunk({"reasoning": "hmm"}) + HELLO + STOP,
        [ReasoningDelta("hmm"), MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "reasoning under both names": (
        chunk({"reasoning": "hmm", "reasoning_content": "hmm"}) + STOP,
        [ReasoningDelta("hmm"), Finished("stop")],
    ),
    "refusal": (chunk({"refusal": "No."}) + STOP, [MessageDelta("No."), Finished("stop")]),
    "content in parts": (
        chunk({"content": [{"type": "text", "text": "a"}]}) + STOP,
        [MessageDelta("a"), Finished("stop")],
    ),
    "null delta, content and choices": (
        chunk(None) + chunk({"content": None}) + event({"choices": None}) + event({"choices": []}) + HELLO + STOP,
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "azure's first chunk": (
        event({"choices": [], "prompt_filter_results": [{"prompt_index": 0}], "model": ""})
        + event({"choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}}]})
        + HELLO
        + STOP,
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "a second choice": (
        HELLO + event({"choices": [{"index": 1, "delta": {"content": "other"}, "finish_reason": "stop"}]}) + STOP,
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "usage after the end": (
        HELLO + STOP + event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}) + DONE,
        [MessageDelta("Hello ☃"), Finished("stop", Usage(3, 2, estimated=False))],
    ),
    "usage in every chunk": (
        chunk({"content": "a"}, usage={"prompt_tokens": 3, "completion_tokens": 1})
        + chunk({"content": "b"}, usage={"prompt_tokens": 3, "completion_tokens": 2})
        + chunk({}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 3}),
        [MessageDelta("ab"), Finished("stop", Usage(3, 3, estimated=False))],
    ),
    "usage null, then in the choice": (
        chunk({"content": "a"}, usage=None)
        + event({"choices": [{"finish_reason": "stop", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}]}),
        [MessageDelta("a"), Finished("stop", Usage(1, 1, estimated=False))],
    ),
    "error null": (chunk({"content": "a"}, error=None) + STOP, [MessageDelta("a"), Finished("stop")]),
    "tool calls with index": (
        chunk({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "add", "arguments": ""}}]})
        + chunk({"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "sub", "arguments": '{"b":'}}]})
        + chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a":1}'}}]})
        + chunk({"tool_calls": [{"index": 1, "function": {"arguments": "2}"}}]})
        + chunk({}, "tool_calls"),
        [
            ToolCallStarted("c1", "add", '{"a":1}'),
            ToolCallStarted("c2", "sub", '{"b":2}'),
            Finished("tool_calls"),
        ],
    ),
    "tool calls without index": (
        chunk({"tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": '{"a"'}}]})
        + chunk({"tool_calls": [{"function": {"arguments": ":1}"}}]})
        + chunk({"tool_calls": [{"function": {"name": "sub", "arguments": {"b": 2}}}]})
        + chunk({}, "tool_calls"),
        [
            ToolCallStarted("c1", "add", '{"a":1}'),
            ToolCallStarted("call_1", "sub", '{"b":2}'),
            Finished("tool_calls"),
        ],
    ),
    "one JSON document": (
        b'\n{"choices": [{"message": {"content": "Hi", "reasoning": "hm"},\n"finish_reason": "stop"}],'
        + DOCUMENT_USAGE,
        [ReasoningDelta("hm"), MessageDelta("Hi"), Finished("stop", Usage(1, 1, estimated=False))],
    ),
}

FAILURES = {
    "error object": (event({"error": {"message": "boom", "type": "server_error"}}), ProviderError),
    "error as text": (event({"error": "boom"}), ProviderError),
    "vLLM's error": (event({"object": "error", "message": "boom", "code": 500}), ProviderError),
    "error event": (b"event: error\n" + event({"message": "boom"}), ProviderError),
    "error event with an error": (b"event: error\n" + event({"error": {"message": "boom"}}), ProviderError),
    "error event with CRLF": (b"event: error\r\ndata: boom\r\n\r\n", ProviderError),
    "error event in plain text": (b"event: error\ndata: boom\n\n", ProviderError),
    "OpenRouter's finish_reason": (
        chunk({"content": ""}, "error", error={"code": "server_error", "message": "boom"}),
        ProviderError,
    ),
    "error in the choice": (
        event({"choices": [{"delta": {}, "finish_reason": "error", "error": {"message": "boom", "code": 502}}]}),
        ProviderError,
    ),
    "rate limit": (event({"error": {"message": "boom", "code": 429}}), ProviderRateLimited),
    "rate limit by code": (event({"error": {"message": "boom", "code": "rate_limit_exceeded"}}), ProviderRateLimited),
    "context length": (event({"error": {"message": "boom", "code": "context_length_exceeded"}}), ContextTooLong),
    "context length by vLLM": (
        event({"object": "error", "message": "boom: maximum context length is 4096", "code": 400}),
        ContextTooLong,
    ),
    "content filter": (event({"error": {"message": "boom", "code": "content_filter"}}), ContentFiltered),
    "quota": (event({"error": {"message": "boom", "code": "insufficient_quota"}}), ProviderRejected),
    "bad request": (event({"error": {"message": "boom", "code": 400}}), ProviderRejected),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_decodes_to_its_events(name: str) -> None:
    body, events = ANSWERS[name]
    assert decode([body]) == events


@pytest.mark.parametrize("name", ANSWERS)
def test_any_split_of_an_answer_decodes_the_same(name: str) -> None:
    body, events = ANSWERS[name]
    assert decode(body[at : at + 1] for at in range(len(body))) == events
    for at in range(len(body)):
        assert decode([body[:at], body[at:]]) == events, at


@pytest.mark.parametrize("name", FAILURES)
def test_a_reported_error_is_raised_with_the_text_in_front_of_it_kept(name: str) -> None:
    body, error = FAILURES[name]
    text, raised = decode([HELLO + body + HELLO + STOP + DONE])
    assert text == MessageDelta("Hello ☃")
    assert raised[0] is error  # type: ignore[index]
    assert "boom" in raised[1]  # type: ignore[index]


@pytest.mark.parametrize("name", FAILURES)
def test_any_split_of_a_failure_decodes_the_same(name: str) -> None:
    body, _ = FAILURES[name]
    whole = HELLO + body
    for at in range(len(whole)):
        assert decode([whole[:at], whole[at:]]) == decode([whole]), at


SKIPPED = {
    "two events in one": (
        event(chunk({"content": "One "})[6:].strip() + b"\ndata: " + chunk({"content": "two"})[6:].strip()) + STOP,
        [MessageDelta("One two"), Finished("stop")],
    ),
    "half a surrogate pair": (
        event(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}')
        + event(b'{"choices":[{"delta":{"content":"\\ude00!"}}]}')
        + STOP,
        [MessageDelta("\U0001f600!"), Finished("stop")],
    ),
    "a surrogate alone": (
        event(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}') + HELLO + STOP,
        [MessageDelta("\ufffdHello ☃"), Finished("stop")],
    ),
    "half a character": (
        event(b'{"choices":[{"delta":{"content":"\xe4\xbf"}}]}')
        + event(b'{"choices":[{"delta":{"content":"\xa1"}}]}')
        + STOP,
        [MessageDelta("信"), Finished("stop")],
    ),
    "infinity": (
        event(b'{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":[-Infinity]}]}') + STOP,
        [MessageDelta("a"), Finished("stop")],
    ),
    "null and plain words": (
        event(b"null") + event(b"keep-alive") + HELLO + event(b"[1]") + STOP,
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "strange deltas": (
        event({"choices": [{"delta": "text"}, 7, {"delta": {"content": 7}}]}) + HELLO + STOP,
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "trouble after the end": (
        HELLO + STOP + event(b"{oops") + event({"error": "late"}),
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "the whole message at the end": (
        HELLO + event({"choices": [{"delta": {}, "message": {"content": "Hello ☃"}, "finish_reason": "stop"}]}),
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "calls that share an index": (
        chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]})
        + chunk({"tool_calls": [{"index": 0, "id": "b", "function": {"name": "g", "arguments": "[]"}}]})
        + chunk({}, "tool_calls"),
        [ToolCallStarted("a", "f", "{}"), ToolCallStarted("b", "g", "[]"), Finished("tool_calls")],
    ),
    "a function call": (
        chunk({"function_call": {"name": "f", "arguments": "{"}})
        + chunk({"function_call": {"arguments": "}"}}, "function_call"),
        [ToolCallStarted("call_0", "f", "{}"), Finished("tool_calls")],
    ),
    "thinking parts": (
        chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}) + HELLO + STOP,
        [ReasoningDelta("hm"), MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "a summary of reasoning": (
        chunk({"content": [{"type": "reasoning", "summary": [{"text": "hm"}]}, {"type": "text", "text": "a"}]}) + STOP,
        [ReasoningDelta("hm"), MessageDelta("a"), Finished("stop")],
    ),
    "reasoning in an object": (
        chunk({"reasoning": {"content": [{"type": "text", "text": "hm"}]}}) + HELLO + STOP,
        [ReasoningDelta("hm"), MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "reasoning details alone": (
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}) + HELLO + STOP,
        [ReasoningDelta("hm"), MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "think tags": (
        chunk({"content": "\n<thi"}) + chunk({"content": "nk>\nhm</thi"}) + chunk({"content": "nk>\n\nHello"}) + STOP,
        [ReasoningDelta("hm"), MessageDelta("Hello"), Finished("stop")],
    ),
    "think tags that never close": (
        chunk({"content": "<think>hm"}) + STOP,
        [ReasoningDelta("hm"), Finished("stop")],
    ),
    "think tags in the text": (
        chunk({"content": "Use `<think>` and </think>."}) + STOP,
        [MessageDelta("Use `<think>` and </think>."), Finished("stop")],
    ),
    "a less sign": (chunk({"content": "<th"}) + STOP, [MessageDelta("<th"), Finished("stop")]),
    "groq's usage": (
        HELLO + chunk({}, "stop", x_groq={"usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
        [MessageDelta("Hello ☃"), Finished("stop", Usage(1, 2, estimated=False))],
    ),
    "usage beyond all bounds": (
        HELLO + chunk({}, "stop", usage={"prompt_tokens": -5, "completion_tokens": 2**62}),
        [MessageDelta("Hello ☃"), Finished("stop", Usage(0, 2**31 - 1, estimated=False))],
    ),
    "strange usage": (
        HELLO + chunk({}, "stop", usage={"prompt_tokens": [1], "completion_tokens": True}),
        [MessageDelta("Hello ☃"), Finished("stop")],
    ),
    "text completions": (
        event({"choices": [{"text": "a", "finish_reason": "stop"}]}),
        [MessageDelta("a"), Finished("stop")],
    ),
    "an image alone": (
        chunk({"images": [{"image_url": {"url": "data:image/png;base64,AA"}}]}) + STOP,
        [
            MessageDelta("(The model answered with something that is no text, which cannot be shown here.)"),
            Finished("stop"),
        ],
    ),
    "reasons in other words": (HELLO + chunk({}, "STOP"), [MessageDelta("Hello ☃"), Finished("stop")]),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_not_understood_loses_nothing_that_is(name: str) -> None:
    body, events = SKIPPED[name]
    assert decode([body]) == events
    assert decode([body[at : at + 1] for at in range(len(body))]) == events


@pytest.mark.parametrize("reason", [5, True, ["x"], {"a": 1}, 2.5])
def test_a_reason_that_is_no_word_ends_the_answer(reason: object) -> None:
    assert decode([HELLO + chunk({}, reason)]) == [MessageDelta("Hello ☃"), Finished("stop")]  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["abort", "insufficient_system_resource", "MALFORMED_FUNCTION_CALL"])
def test_a_reason_that_tells_of_a_failure_is_one_with_the_text_kept(reason: str) -> None:
    text, (error, _) = decode([HELLO + chunk({}, reason)])  # type: ignore[misc]
    assert (text, error) == (MessageDelta("Hello ☃"), ProviderTruncated)


@pytest.mark.parametrize("kind", ["response.created", "message_start"])
def test_another_protocol_is_a_wrong_address_and_not_worth_another_try(kind: str) -> None:
    assert failure(event({"type": kind, "response": {}})) is ProviderRejected


CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
DETAIL = {"type": "reasoning.text", "index": 0, "id": None, "text": "h"}
KEPT: dict[str, tuple[bytes, object]] = {
    "a signature of the call": (
        chunk({"tool_calls": [CALL | {"extra_content": {"google": {"thought_signature": "s"}}}]}),
        {"tool_call": {"extra_content": {"google": {"thought_signature": "s"}}}},
    ),
    "a signature that comes later": (
        chunk({"tool_calls": [CALL]}) + chunk({"tool_calls": [{"index": 0, "extra_content": {"vertex": 1}}]}),
        {"tool_call": {"extra_content": {"vertex": 1}}},
    ),
    "the name of the reasoning": (
        chunk({"reasoning_content": "hm"}) + chunk({"tool_calls": [CALL]}),
        {"message": {"reasoning_name": "reasoning_content"}},
    ),
    "another name": (
        chunk({"reasoning": "hm", "tool_calls": [CALL]}),
        {"message": {"reasoning_name": "reasoning"}},
    ),
    "details": (
        chunk({"reasoning_details": [DETAIL]})
        + chunk({"reasoning_details": [DETAIL | {"text": "m"}]})
        + chunk({"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "x", "id": "r"}]})
        + chunk({"tool_calls": [CALL]}),
        {
            "message": {
                "reasoning_details": [
                    {"type": "reasoning.text", "index": 0, "id": None, "text": "hm"},
                    {"type": "reasoning.encrypted", "index": 1, "data": "x", "id": "r"},
                ]
            }
        },
    ),
    "nothing": (chunk({"tool_calls": [CALL | {"type": "function"}]}), None),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_goes_back_with_the_results_of_tools_is_kept(name: str) -> None:
    body, kept = KEPT[name]
    call, finished = [said for said in decode([body + chunk({}, "stop")]) if not isinstance(said, ReasoningDelta)]
    assert (call, finished) == (ToolCallStarted("c", "f", "{}", kept), Finished("stop"))  # type: ignore[arg-type]


def test_only_the_first_call_has_what_belongs_to_the_answer() -> None:
    calls = [{"id": name, "function": {"name": "f", "arguments": ""}} for name in "ab"]
    body = chunk({"reasoning": "hm", "tool_calls": calls}) + chunk({}, "tool_calls")
    kept = [said.provider_fields for said in decode([body]) if isinstance(said, ToolCallStarted)]
    assert kept == [{"message": {"reasoning_name": "reasoning"}}, None]


@pytest.mark.parametrize("written", [b'"\\ud83d"', b'["\\ud83d"]', b"[" * 400 + b"]" * 400, b'"a\xe4\xbf"'])
def test_arguments_that_cannot_be_written_down_cost_nothing_else(written: bytes) -> None:
    body = b'{"choices":[{"delta":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":%b}}]}}]}' % written
    call, finished = decode([event(body) + STOP])
    assert isinstance(call, ToolCallStarted)
    assert to_json(call)
    assert finished == Finished("stop")


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 3}}, (3, None)),
        ({"prompt_cache_hit_tokens": 4}, (4, None)),
        ({"completion_tokens_details": {"reasoning_tokens": 5}}, (None, 5)),
        ({"prompt_tokens_details": None, "completion_tokens_details": "x"}, (None, None)),
        ({"prompt_tokens_details": {"cached_tokens": 2**60}}, (2**31 - 1, None)),
    ],
)
def test_the_details_of_usage_are_kept(usage: dict[str, object], told: tuple[int | None, int | None]) -> None:
    *_, finished = decode([HELLO + chunk({}, "stop", usage={"prompt_tokens": 9, "completion_tokens": 8} | usage)])
    assert finished == Finished("stop", Usage(9, 8, estimated=False, cached_tokens=told[0], reasoning_tokens=told[1]))


def test_the_progress_of_reading_a_long_prompt_counts_as_life_while_it_goes_on() -> None:
    decoder = CompletionDecoder()
    counts = []
    for processed in (100, 200, 200, 150, "300"):
        decoder.feed(event({"choices": [], "prompt_progress": {"total": 900, "processed": processed}}))
        counts.append(decoder.content_count)
    assert counts == [1, 2, 2, 2, 2]


@pytest.mark.parametrize("values", [b"[]," * 500_000, b"{}," * 500_000, b'"",' * 500_000])
def test_what_has_more_values_than_an_answer_is_not_understood(values: bytes) -> None:
    decoder = CompletionDecoder()
    decoder.feed(b'data: {"x":[' + values + b'0],"choices":[]}\n\n' + HELLO)
    assert decoder.not_understood == 1
    assert decode([b'{"x":[' + values + b'0],"choices":[]}'])[-1][0] is ProviderError  # type: ignore[index]


def test_tool_calls_are_bounded_in_number_and_size() -> None:
    flood = b"".join(chunk({"tool_calls": [{"index": number, "id": "x" * 99}]}) for number in range(1000))
    assert failure(flood + STOP) is ProviderError
    decoder = CompletionDecoder()
    for number in range(300_000):
        decoder.feed(
            chunk({"tool_calls": [{"index": 0, "id": f"{number}"}]})
            if number < 100
            else chunk({"tool_calls": [{}] * 9})
        )
        if decoder.is_done:
            break
    assert decoder.is_done


def test_an_early_stop_is_known_by_the_answer_that_is_missing() -> None:
    decoder = CompletionDecoder()
    decoder.feed(chunk({"reasoning": "hm"}, "stop"))
    assert (decoder.finish_reason, decoder.has_answer) == ("stop", False)
    decoder.feed(HELLO)
    assert decoder.has_answer


@pytest.mark.parametrize("body", [HELLO, HELLO + DONE, HELLO + b'data: {"choices": [{"del', b"", b": keep-alive\n\n"])
def test_an_answer_without_finish_reason_is_truncated(body: bytes) -> None:
    assert failure(body) is ProviderTruncated


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"\n <!doctype html><html>Not Found</html>", "web page"),
        (b'{"detail": "Not Found"}', "OPENAI_BASE_URL"),
        (b"upstream connect error", "OPENAI_BASE_URL"),
        (b'{"choices": [', "OPENAI_BASE_URL"),
        (b"data: {not json}\n\n", "not a chat completion"),
        (b"data: 7\n\n", "not a chat completion"),
    ],
)
def test_what_is_no_answer_fails_with_a_hint(body: bytes, hint: str) -> None:
    error, sentence = decode([body])[-1]  # type: ignore[misc]
    assert (error, hint in sentence) == (ProviderError, True)


def test_an_error_in_a_json_document_is_raised() -> None:
    assert failure(b'{"error": {"message": "no", "code": "context_length_exceeded"}}') is ContextTooLong


def test_deltas_of_one_read_leave_as_one_event() -> None:
    assert CompletionDecoder().feed(HELLO) == [MessageDelta("Hello ☃")]


def test_comments_bring_an_empty_list_and_no_content() -> None:
    decoder = CompletionDecoder()
    assert (decoder.feed(b": keep-alive\n\n"), decoder.content_count) == ([], 0)


def test_the_arguments_of_a_tool_call_count_as_content() -> None:
    decoder = CompletionDecoder()
    events = decoder.feed(chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}))
    assert (events, decoder.content_count) == ([], 1)


@pytest.mark.parametrize(
    ("opening", "more"),
    [(b"data: ", b"x"), (b": ", b"x"), (b'{"choices": "', b"x"), (b"data: a\n", b"data: x\n")],
    ids=["line", "comment", "document", "lines of one event"],
)
def test_memory_is_bounded(opening: bytes, more: bytes) -> None:
    decoder = CompletionDecoder()
    decoder.feed(opening)
    piece = more * 8192
    for _ in range(2 * BUFFER_LIMIT // len(piece)):
        decoder.feed(piece)
    assert decoder.is_done
    with pytest.raises(ProviderError, match="more in one piece"):
        decoder.finish()


def test_what_follows_the_end_mark_is_ignored() -> None:
    assert decode([STOP + DONE + HELLO + event({"error": "late"})]) == [Finished("stop")]
