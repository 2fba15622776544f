"""What a client of OpenAI's protocol gets of what providers send."""

import json
from typing import Any

import orjson
import pytest

from api.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderTruncated
from api.events import Usage
from api.provider.chunk_repair import ChunkRepair

ESTIMATED = Usage(7, 2, estimated=True)
USAGE = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
ROLE = {"role": "assistant", "content": ""}


def chunk(delta: object, finish_reason: object = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **more,
    }


def calls(*pieces: object) -> dict[str, Any]:
    return chunk({"tool_calls": list(pieces)})


def stream(*chunks: object) -> bytes:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in chunks]
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def repaired(
    *chunks: object, body: bytes | None = None, tells_usage: bool = False, max_chars: int = 10**6
) -> list[Any]:
    """Return what a client decodes, the last a failure where there is one."""
    repair = ChunkRepair("own", "asked", tells_usage=tells_usage, max_chars=max_chars)
    body = stream(*chunks, "[DONE]") if body is None else body
    sent = repair.feed(body) + repair.flush()
    failure: ProviderError | None = None
    try:
        sent += repair.end(ESTIMATED)
    except ProviderError as error:
        failure = error
    frames = sent.decode().split("\n\n")
    assert frames.pop() == ""
    assert all(frame.startswith("data: ") for frame in frames), frames
    told = [json.loads(frame[6:]) if frame != "data: [DONE]" else "done" for frame in frames]
    return [*told, failure] if failure is not None else told


def deltas(told: list[Any]) -> list[Any]:
    return [one["choices"][0]["delta"] for one in told if isinstance(one, dict) and one["choices"]]


WELL = (
    chunk(ROLE),
    chunk({"content": "hé 👋\n"}),
    chunk({"content": " you", "annotations": [1]}),
    chunk({"reasoning_content": "hm"}),
    chunk({"content": None, "extra_content": {"google": {"thought_signature": "s"}}}),
    chunk({}, "stop", service_tier="x"),
)


@pytest.mark.parametrize("step", [0, 1, 7])
def test_well_formed_chunks_go_through_byte_for_byte(step: int) -> None:
    repair = ChunkRepair("own", "asked", tells_usage=False, max_chars=1000)
    body = stream(*WELL)
    pieces = [body] if not step else [body[at : at + step] for at in range(0, len(body), step)]
    assert b"".join(map(repair.feed, pieces)) == body
    assert repair.flush() + repair.end(ESTIMATED) == b"data: [DONE]\n\n"
    assert (repair.finish_reason, repair.content_count) == ("stop", 3)


def test_a_usage_chunk_that_was_asked_for_is_the_last_and_byte_for_byte() -> None:
    told = {**chunk({}), "choices": [], "usage": USAGE, "timings": {"n": 1}}
    repair = ChunkRepair("own", "asked", tells_usage=True, max_chars=1000)
    body = stream(*WELL, told)
    assert repair.feed(body + b"data: [DONE]\n\n") + repair.end(ESTIMATED) == body + b"data: [DONE]\n\n"
    assert repair.usage == Usage(3, 1, estimated=False)


def test_usage_is_told_only_where_it_was_asked_for() -> None:
    told = {**chunk({}), "choices": [], "usage": USAGE}
    assert repaired(*WELL, told) == [*WELL, "done"]


def test_usage_in_every_chunk_is_told_once() -> None:
    every = [chunk(ROLE, usage=USAGE), chunk({"content": "a"}, usage=USAGE), chunk({}, "stop", usage=USAGE)]
    told = repaired(*every, tells_usage=True)
    assert [one["usage"] for one in told[:-1]] == [None, None, None, USAGE]
    assert told[-2]["choices"] == []


def test_usage_of_groq_is_found_and_what_was_never_told_is_estimated() -> None:
    told = repaired(chunk(ROLE), chunk({}, "stop", x_groq={"usage": USAGE}), tells_usage=True)
    assert told[-2]["usage"] == USAGE
    told = repaired(chunk(ROLE), chunk({}, "stop"), tells_usage=True)
    assert told[-2]["usage"] == {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9, "estimated": True}


def test_an_answer_has_one_id_and_all_that_names_it() -> None:
    told = repaired({"choices": [{"delta": {"content": "a"}}]}, chunk({}, "stop", id="other", created="x"))
    assert {one["id"] for one in told[:-1]} == {"own"}
    assert all(one["object"] == "chat.completion.chunk" and isinstance(one["created"], int) for one in told[:-1])
    assert [one["model"] for one in told[:-1]] == ["asked", "m"]
    assert told[0]["choices"][0] == {
        "index": 0,
        "delta": {"content": "a", "role": "assistant"},
        "finish_reason": None,
    }


def test_parallel_calls_of_one_index_become_two() -> None:
    told = repaired(
        calls({"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x":1}'}}),
        calls({"index": 0, "id": "b", "function": {"name": "g", "arguments": '{"y":2}'}}),
        chunk({}, "stop"),
    )
    pieces = [delta["tool_calls"][0] for delta in deltas(told)[:2]]
    assert [(piece["index"], piece["id"], piece["type"]) for piece in pieces] == [
        (0, "a", "function"),
        (1, "b", "function"),
    ]
    assert told[-2]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("first", [{"index": 1}, {}, {"index": 0, "id": ""}, {"index": 0, "id": None}])
def test_a_call_has_an_index_from_zero_and_an_id(first: dict[str, Any]) -> None:
    told = repaired(
        calls({**first, "function": {"name": "f"}}),
        calls({**first, "function": {"arguments": '{"x":'}}),
        calls({**first, "function": {"arguments": "1}"}}),
        chunk({}, "tool_calls"),
    )
    pieces = [delta["tool_calls"][0] for delta in deltas(told)[:3]]
    assert [piece["index"] for piece in pieces] == [0, 0, 0]
    assert pieces[0]["id"].startswith("call_")
    assert all(not piece.get("id") for piece in pieces[1:])
    assert "".join(piece["function"].get("arguments", "") for piece in pieces) == '{"x":1}'


def test_a_call_whose_name_comes_later_begins_with_it() -> None:
    told = repaired(
        calls({"index": 0, "id": "a", "type": "function", "function": {"arguments": '{"x"'}}),
        calls({"index": 0, "function": {"arguments": ":1"}}),
        calls({"index": 0, "function": {"name": "f", "arguments": "}"}}),
        calls({"index": 1, "id": "b", "function": {"arguments": "{}"}}),
        chunk({}, "stop"),
    )
    pieces = [piece for delta in deltas(told) for piece in delta.get("tool_calls", ())]
    assert pieces == [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"index": 1, "id": "b", "type": "function", "function": {"name": "", "arguments": "{}"}},
    ]


def test_vllms_error_within_a_stream_is_one() -> None:
    told = repaired(chunk(ROLE), {"object": "error", "message": "boom", "code": 500})
    assert "boom" in str(told[-1])


def test_arguments_that_are_an_object_become_text() -> None:
    told = repaired(calls({"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}), chunk({}, "stop"))
    assert deltas(told)[0]["tool_calls"][0]["function"]["arguments"] == '{"x":1}'


@pytest.mark.parametrize(("word", "means"), [("eos", "stop"), ("max_tokens", "length"), ("odd", "stop")])
def test_a_finish_reason_is_one_of_the_list(word: str, means: str) -> None:
    told = repaired(chunk(ROLE), chunk({"content": "a"}, ""), chunk({}, word))
    assert [one["choices"][0]["finish_reason"] for one in told[:-1]] == [None, None, means]


@pytest.mark.parametrize("word", ["abort", "insufficient_system_resource", "MALFORMED_FUNCTION_CALL"])
def test_a_finish_reason_that_is_a_failure_keeps_the_text_and_fails(word: str) -> None:
    told = repaired(chunk(ROLE), chunk({"content": "a"}, word))
    assert isinstance(told[-1], ProviderTruncated)
    assert deltas(told) == [ROLE, {"content": "a"}]
    assert told[1]["choices"][0]["finish_reason"] is None


def test_content_that_is_a_list_becomes_text_and_reasoning() -> None:
    content = [{"type": "thinking", "thinking": [{"text": "hm"}]}, {"type": "text", "text": "a"}]
    told = repaired(chunk(ROLE), chunk({"content": content}), chunk({}, "stop"))
    assert deltas(told)[1] == {"content": "a", "reasoning_content": "hm"}


def test_halves_of_a_character_are_joined() -> None:
    body = (
        stream(chunk(ROLE))
        + b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
        b'"delta":{"content":"a\\ud83d"},"finish_reason":null}]}\n\n'
        b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
        b'"delta":{"content":"\\udc4b"},"finish_reason":null}]}\n\n'
    ) + stream(chunk({}, "stop"))
    assert "".join(delta.get("content", "") for delta in deltas(repaired(body=body))) == "a👋"


def test_an_answer_in_one_piece_becomes_a_stream() -> None:
    whole = {"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}], "usage": USAGE}
    told = repaired(body=json.dumps(whole).encode(), tells_usage=True)
    assert deltas(told) == [{"role": "assistant", "content": "hi"}]
    assert (told[-2]["usage"], told[-1]) == (USAGE, "done")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", ProviderRejected),
        (b"", ProviderError),
        (b"[]", ProviderError),
        (b'{"error": {"message": "no"}}', ProviderError),
        (b"data: nonsense\n\n", ProviderError),
        (stream(chunk(ROLE), chunk({"content": "a"})), ProviderTruncated),
        (stream(chunk(ROLE), chunk({"content": "a"}), "[DONE]"), ProviderTruncated),
        (stream({"error": {"message": "slow down", "code": 429}}), ProviderRateLimited),
        (b'event: error\ndata: {"message": "no"}\n\n', ProviderError),
        (stream({"object": "error", "message": "no"}), ProviderError),
        (stream(chunk({"content": "a"}, "error", error={"message": "no"})), ProviderError),
        (stream({"choices": [], "x_groq": {"error": "no"}}), ProviderError),
        (stream({"type": "message_start"}), ProviderError),
    ],
)
def test_what_is_no_whole_answer_fails(body: bytes, kind: type[ProviderError]) -> None:
    assert isinstance(repaired(body=body)[-1], kind)


def test_text_in_front_of_a_failure_is_passed_on() -> None:
    told = repaired(chunk(ROLE), chunk({"content": "a"}), {"error": {"message": "oops"}})
    assert deltas(told) == [ROLE, {"content": "a"}]
    assert "oops" in str(told[-1])


def test_comments_fields_and_keep_alives_are_left_out() -> None:
    body = b": hi\n\nretry: 3000\n\nid: 1\n\nevent: ping\ndata: pong\n\ndata: null\n\n"
    keep_alive = {"choices": []}
    filters = {"choices": [], "prompt_filter_results": [1]}
    told = repaired(body=body + stream(keep_alive, filters, chunk(ROLE), chunk({}, "stop")))
    assert [one.get("prompt_filter_results") for one in told[:-1]] == [[1], None, None]


def test_an_answer_that_goes_on_for_ever_is_cut() -> None:
    told = repaired(chunk(ROLE), *[chunk({"content": "abcd"})] * 50, max_chars=20)
    assert told[-2]["choices"][0]["finish_reason"] == "length"
    assert len(deltas(told)) < 10


def test_several_choices_are_told_apart_and_have_all_to_end() -> None:
    first, second = chunk({"content": "a"}), chunk({"content": "b"})
    second["choices"][0]["index"] = 1
    ended, other = chunk({}, "stop"), chunk({}, "length")
    other["choices"][0]["index"] = 1
    assert isinstance(repaired(first, second, ended)[-1], ProviderTruncated)
    told = repaired(first, second, ended, other)
    assert [one["choices"][0]["index"] for one in told[:-1]] == [0, 1, 0, 1]


def test_usage_within_a_choice_is_found() -> None:
    ended = chunk({}, "stop")
    ended["choices"][0]["usage"] = USAGE
    told = repaired(chunk(ROLE), ended, tells_usage=True)
    assert told[-2]["usage"] == USAGE
    assert "usage" not in told[1]["choices"][0]


def test_an_answer_that_has_only_begun_is_cut_off_and_no_wrong_address() -> None:
    assert isinstance(repaired(chunk(ROLE))[-1], ProviderTruncated)


@pytest.mark.parametrize("field", ["reasoning_note", "tool_calls"])
def test_half_a_character_anywhere_leaves_json_that_everybody_reads(field: str) -> None:
    call = '[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"\\ud83d"}}]'
    value = call if field == "tool_calls" else '"\\ud83d"'
    half = '{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"%s":%s},'
    body = stream(chunk(ROLE), (half + '"finish_reason":null}]}') % (field, value), chunk({}, "stop"))
    repair = ChunkRepair("own", "asked", tells_usage=False, max_chars=1000)
    for frame in repair.feed(body).split(b"\n\n")[:-1]:
        orjson.loads(frame.removeprefix(b"data: "))


def test_reading_a_long_prompt_is_life() -> None:
    repair = ChunkRepair("own", "asked", tells_usage=False, max_chars=1000)
    for processed, count in ((1, 1), (1, 1), (2, 2)):
        repair.feed(stream({"choices": [], "prompt_progress": {"processed": processed}}))
        assert repair.content_count == count
