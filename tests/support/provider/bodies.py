"""Answers of providers as bytes, with what they are decoded to: plain ones, failures, quirks, and what goes back.

The decoder's tests cut them everywhere, the fuzz damages them, and a real socket serves them.
"""

import orjson

from api.errors import ContentFiltered, ContextTooLong, ProviderError, ProviderRateLimited, ProviderRejected
from api.events import MessageDelta, ReasoningDelta, ToolCallStarted, Usage
from api.messages import Finished


def event(payload: object) -> bytes:
    return b"data: " + (payload if isinstance(payload, bytes) else orjson.dumps(payload)) + b"\n\n"


def chunk(delta: object = None, finish_reason: str | None = None, **more: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]} | more)


STOP = chunk({}, "stop")
DONE = b"data: [DONE]\n\n"
DOCUMENT_USAGE = b'"usage": {"prompt_tokens": 1, "completion_tokens": 1}}\n'
HELLO = chunk({"content": "Hel"}) + chunk({"content": "lo ☃"})


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
