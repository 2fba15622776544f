"""Answers damaged in any way, in any split: no exception, and nothing lost of what stood in front of the damage."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.errors import ProviderError
from api.events import MessageDelta, ToolCallStarted, to_json
from api.messages import Finished
from api.provider.chunked_body import ChunkedBodyDecoder, MalformedResponseError
from api.provider.completion_decoder import CompletionDecoder
from api.provider.http1 import body_decoder, decode_head
from tests.api.provider.test_completion_decoder import decode
from tests.support.provider.bodies import ANSWERS, FAILURES, KEPT, SKIPPED, chunk
from tests.support.soak import SOAK_SEED, rounds

BODIES = [fixture[0] for table in (ANSWERS, FAILURES, SKIPPED, KEPT) for fixture in table.values()]
EVENTS = sorted({part + b"\n\n" for body in BODIES for part in body.split(b"\n\n") if part})
LINES = [b"\n", b"\r", b"\r\n\r\n", b"data:", b"data: ", b"event: error\n", b": \n\n", b"[DONE]"]
JSON = [b"null", b"\\ud83d", b'"', b"{", b"}", b"[", b"]", b",", b":", b"NaN", b"1e999"]
BYTES = [b"\xe4", b"\xbf", b"\xed\xa0\x80", b"\x00", b"\xef\xbb\xbf"]
NOISE = st.sampled_from(LINES + JSON + BYTES) | st.binary(max_size=8)
MARK = "what was said in front "
FUZZ = settings(
    max_examples=len(rounds(300, 20_000)),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not SOAK_SEED,
    database=None,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A stream of events of the fixtures with some of its bytes cut, doubled, moved or replaced."""
    body = b"".join(draw(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=8)))
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(body)))
        end = min(len(body), begin + draw(st.integers(0, 40)))
        middle = draw(st.one_of(NOISE, st.just(b""), st.just(body[begin:end] * 2), st.just(body[begin:end][::-1])))
        body = body[:begin] + middle + body[end:]
    return body


@st.composite
def pieces_of(draw: st.DrawFn, body: bytes) -> list[bytes]:
    """The bytes as the network may bring them."""
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=12)))
    return [body[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def text_of(said: Sequence[object]) -> str:
    return "".join(event.text for event in said if isinstance(event, MessageDelta))


@FUZZ
@given(st.data())
def test_a_damaged_answer_decodes_the_same_in_any_split(data: st.DataObject) -> None:
    body = data.draw(damaged())
    said = decode([body])
    assert decode(data.draw(pieces_of(body))) == said
    assert decode([body[at : at + 1] for at in range(len(body))]) == said
    end = said[-1]
    assert isinstance(end, Finished) or issubclass(end[0], ProviderError)  # type: ignore[index]
    for event in said[:-1]:
        assert to_json(event)  # type: ignore[arg-type]


@FUZZ
@given(damaged())
def test_what_stood_in_front_of_the_damage_is_kept(body: bytes) -> None:
    front = chunk({"content": MARK}) * 3
    assert text_of(decode([front + body])).startswith(MARK * 3)
    call = chunk({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]})
    said = decode([front + call + chunk({}, "stop") + body])
    assert text_of(said).startswith(MARK * 3)
    assert isinstance(said[1], ToolCallStarted)
    assert isinstance(said[-1], Finished), (body, said)


@FUZZ
@given(damaged(), st.integers(1, 64))
def test_a_chunked_body_is_whole_or_malformed_in_any_split(body: bytes, size: int) -> None:
    framed = b"".join(b"%x;e=1\r\n%b\r\n" % (len(part), part) for part in body.split(b"\n") if part) + b"0\r\n\r\n"
    decoder, decoded = ChunkedBodyDecoder(), b""
    for at in range(0, len(framed), size):
        decoded += decoder.feed(framed[at : at + size])
    assert (decoded, decoder.is_complete) == (body.replace(b"\n", b""), True)
    decoder = ChunkedBodyDecoder()
    try:
        for at in range(0, len(body), size):
            assert len(decoder.feed(body[at : at + size])) <= size
    except MalformedResponseError:
        pass


@FUZZ
@given(st.lists(NOISE | st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", b"\r\n", b"content-length: 5\r\n"])))
def test_a_head_is_read_or_malformed(lines: list[bytes]) -> None:
    try:
        decoded = decode_head(b"HTTP/1.1 200 OK\r\n" + b"".join(lines) + b"\r\n\r\n")
        if decoded is not None:
            body_decoder(decoded[0])
    except MalformedResponseError:
        pass


@pytest.mark.parametrize("body", EVENTS, ids=range(len(EVENTS)))
def test_an_event_that_repeats_for_ever_takes_no_longer_and_no_more(body: bytes) -> None:
    """Its megabyte may cost some hundred nanoseconds a byte, whatever it holds: it is 16 KB that hold a turn."""
    decoder = CompletionDecoder()
    began = time.thread_time()
    many = body * (1_000_000 // len(body))
    for at in range(0, len(many), 16_384):
        decoder.feed(many[at : at + 16_384])
    decoder.flush()
    assert time.thread_time() - began < 10
