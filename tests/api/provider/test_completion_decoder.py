"""Every quirk of a provider's stream, as bytes; `test_quirk_table.py` has them sent over a socket."""

from collections.abc import Iterable

import pytest

from api.errors import (
    ContextTooLong,
    ProviderError,
    ProviderRejected,
    ProviderTruncated,
)
from api.events import Event, MessageDelta, ReasoningDelta, ToolCallStarted, Usage, to_json
from api.messages import Finished
from api.provider.answer_body import BUFFER_LIMIT
from api.provider.completion_decoder import CompletionDecoder
from tests.support.provider.bodies import ANSWERS, DONE, FAILURES, HELLO, KEPT, SKIPPED, STOP, chunk, event


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
    for said in events:
        if isinstance(said, MessageDelta | ReasoningDelta) and result and type(result[-1]) is type(said):
            result[-1] = type(said)(result[-1].text + said.text)
        else:
            result.append(said)
    return result


def failure(body: bytes) -> type[ProviderError]:
    """Decode an answer that fails and give the class of its error."""
    error, _ = decode([body])[-1]  # type: ignore[misc]
    return error


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


@pytest.mark.parametrize("name", KEPT)
def test_what_goes_back_with_the_results_of_tools_is_kept(name: str) -> None:
    body, kept = KEPT[name]
    call, finished = [said for said in decode([body + chunk({}, "stop")]) if not isinstance(said, ReasoningDelta)]
    assert (call, finished) == (ToolCallStarted("c", "f", "{}", provider_fields=kept), Finished("stop"))  # type: ignore[arg-type]


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
    ("body", "kind", "hint"),
    [
        (b"\n <!doctype html><html>Not Found</html>", ProviderRejected, "web page"),
        (b'{"detail": "Not Found"}', ProviderError, "OPENAI_BASE_URL"),
        (b"upstream connect error", ProviderError, "OPENAI_BASE_URL"),
        (b'{"choices": [', ProviderError, "OPENAI_BASE_URL"),
        (b"data: {not json}\n\n", ProviderError, "not a chat completion"),
        (b"data: 7\n\n", ProviderError, "not a chat completion"),
    ],
)
def test_what_is_no_answer_fails_with_a_hint(body: bytes, kind: type[ProviderError], hint: str) -> None:
    error, sentence = decode([body])[-1]  # type: ignore[misc]
    assert (error, hint in sentence) == (kind, True)


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
