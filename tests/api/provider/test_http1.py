import pytest

from api.provider.chunked_body import ChunkedBodyDecoder, MalformedResponseError
from api.provider.http1 import (
    HEAD_LIMIT,
    OpenBodyDecoder,
    ResponseHead,
    SizedBodyDecoder,
    UnsendableRequestError,
    body_decoder,
    decode_head,
    encode_request,
)


def head(text: str) -> ResponseHead:
    decoded = decode_head(text.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n")
    assert decoded is not None
    return decoded[0]


def framed(*headers: str, status: int = 200) -> object:
    return body_decoder(head("\n".join([f"HTTP/1.1 {status} OK", *headers])))


def test_a_request_is_its_line_its_headers_and_its_body() -> None:
    assert encode_request("POST", "/v1/x", {"host": "h"}, b"hi") == (
        b"POST /v1/x HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nhi"
    )


def test_a_request_without_a_body_tells_no_length() -> None:
    assert encode_request("GET", "/", {"host": "h"}, b"") == b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "value"),
    [("/", "a\r\nb: c"), ("/", "a\n"), ("/", "a\0"), ("/", "ключ"), ("/a b", "v"), ("/\r\n", "v"), ("", "v")],
)
def test_what_http_cannot_say_is_not_sent(target: str, value: str) -> None:
    with pytest.raises(UnsendableRequestError):
        encode_request("GET", target, {"name": value}, b"")


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nA:1\r\na: 2\r\n\r\nbody"


def test_a_head_is_read_once_all_of_it_is_there() -> None:
    for size in range(len(ANSWER) - 4):
        assert decode_head(ANSWER[:size]) is None
    expected = ResponseHead(200, {"content-type": "text/plain", "a": "1, 2"}, keeps_connection=True)
    assert decode_head(ANSWER) == (expected, b"body")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 200 \xe4 lot\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["line feeds", "no reason", "a reason in Latin-1", "what comes before a response"],
)
def test_heads_of_many_servers_are_read(answer: bytes) -> None:
    assert decode_head(answer) == (ResponseHead(200, {}, keeps_connection=True), b"")


def test_a_folded_header_is_one_line_and_no_other_byte_ends_one() -> None:
    assert head("HTTP/1.1 200 OK\nA: b\n  c\nD: e\x85f").headers == {"a": "b c", "d": "e\x85f"}


@pytest.mark.parametrize("answer", [b"<html>\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n", b"\r\n\r\n", b"x" * (HEAD_LIMIT + 1)])
def test_what_is_no_response_fails(answer: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        decode_head(answer)


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("HTTP/1.1 200 OK", True),
        ("HTTP/1.1 200 OK\nConnection: Close", False),
        ("HTTP/1.1 200 OK\nConnection: upgrade, close", False),
        ("HTTP/1.0 200 OK", False),
        ("HTTP/1.0 200 OK\nConnection: keep-alive", True),
    ],
)
def test_a_connection_is_kept_unless_the_server_says_otherwise(text: str, is_kept: bool) -> None:
    assert head(text).keeps_connection is is_kept


def test_the_headers_say_where_a_body_ends() -> None:
    assert isinstance(framed("Transfer-Encoding: chunked", "Content-Length: 3"), ChunkedBodyDecoder)
    assert isinstance(framed("Transfer-Encoding: gzip"), OpenBodyDecoder)
    assert isinstance(framed(), OpenBodyDecoder)
    assert isinstance(framed("Content-Length: 3", "Content-Length: 3"), SizedBodyDecoder)


@pytest.mark.parametrize("length", ["-1", "x", "", "3, 4", "+3"])
def test_a_length_that_is_no_number_fails(length: str) -> None:
    with pytest.raises(MalformedResponseError):
        framed(f"Content-Length: {length}")


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(status: int) -> None:
    assert framed("Content-Length: 3", status=status).is_complete  # type: ignore[attr-defined]


def test_a_sized_body_takes_what_is_its_own() -> None:
    decoder = SizedBodyDecoder(5)
    assert (decoder.feed(b"hel"), decoder.is_complete) == (b"hel", False)
    assert (decoder.feed(b"lo and more"), decoder.is_complete, decoder.has_excess) == (b"lo", True, True)
