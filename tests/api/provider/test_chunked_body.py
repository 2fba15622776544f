import pytest

from api.provider.chunked_body import ChunkedBodyDecoder, MalformedResponseError

BODY = b"5\r\nhello\r\nA;name=value\r\n wide worl\r\n1 \r\nd\r\n0\r\nTrailer: x\r\n\r\n"


def test_a_body_comes_out_whole() -> None:
    decoder = ChunkedBodyDecoder()
    assert (decoder.feed(BODY), decoder.is_complete) == (b"hello wide world", True)


def test_any_split_of_a_body_decodes_the_same() -> None:
    for first in range(len(BODY)):
        for second in range(first, len(BODY)):
            decoder = ChunkedBodyDecoder()
            pieces = BODY[:first], BODY[first:second], BODY[second:]
            assert b"".join(map(decoder.feed, pieces)) == b"hello wide world"
            assert decoder.is_complete


def test_bytes_behind_the_end_are_not_the_bodys() -> None:
    decoder = ChunkedBodyDecoder()
    assert decoder.feed(b"2\r\nhi\r\n0\r\n\r\nHTTP/1.1 200 OK") == b"hi"
    assert decoder.is_complete
    assert decoder.has_excess


def test_what_has_arrived_comes_out_at_once() -> None:
    decoder = ChunkedBodyDecoder()
    assert [decoder.feed(b"5\r\nhel"), decoder.feed(b"lo\r\n1\r\n!\r\n")] == [b"hel", b"lo!"]
    assert not decoder.is_complete


@pytest.mark.parametrize(
    "body",
    [b"\r\n", b"-5\r\nhello", b"0x5\r\nhello", b"hello\r\n", b"1\r\nhello\r\n", b"5" * 20_000],
    ids=["no size", "negative", "prefixed", "text", "longer than its size", "endless size"],
)
def test_what_is_not_chunked_fails(body: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        ChunkedBodyDecoder().feed(body)
