from collections.abc import Iterable

import pytest

from ui.client.sse import Frame, SseDecoder

STREAM = (
    ": open\n\nid: 1\nevent: run.started\ndata: {}\n\n"
    "id: 2\nevent: message.delta\ndata: Grüße, 世界 🍷\n\n: heartbeat\n\n"
    "id:3\ndata: two\ndata: lines\nretry: 10\n\nevent: nothing\n\nid: 4\ndata\n\n"
).encode()
FRAMES = [
    Frame("run.started", "{}", "1"),
    Frame("message.delta", "Grüße, 世界 🍷", "2"),
    Frame("message", "two\nlines", "3"),
    Frame("message", "", "4"),
]


def decode(chunks: Iterable[bytes]) -> list[Frame]:
    decoder = SseDecoder()
    return [frame for chunk in chunks for frame in decoder.feed(chunk)]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_is_decoded_with_every_line_ending(line_end: bytes) -> None:
    assert decode([STREAM.replace(b"\n", line_end)]) == FRAMES


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_a_split_at_any_byte_changes_nothing(line_end: bytes) -> None:
    stream = STREAM.replace(b"\n", line_end)
    for at in range(len(stream) + 1):
        assert decode([stream[:at], b"", stream[at:]]) == FRAMES


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_a_stream_in_small_pieces_is_the_same_stream(size: int) -> None:
    stream = STREAM.replace(b"\n", b"\r\n")
    assert decode(stream[at : at + size] for at in range(0, len(stream), size)) == FRAMES


def test_a_frame_waits_for_its_blank_line() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: x\n") == []
    assert decoder.feed(b"\n") == [Frame("message", "x", "")]


def test_only_one_space_after_the_colon_is_dropped() -> None:
    assert decode([b"data:  x\n\ndata:y\n\n"]) == [Frame("message", " x", ""), Frame("message", "y", "")]


def test_broken_utf8_spoils_only_its_own_frame() -> None:
    assert [frame.data for frame in decode([b"data: \xff\n\ndata: fine\n\n"])] == ["\ufffd", "fine"]


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="does not end"):
        SseDecoder(max_line_bytes=10).feed(b"data: 12345678")
