"""The client's connection, over real sockets."""

import socket
import threading

from api.routes.client_socket import ClientSocket


def test_pieces_that_are_pushed_before_a_flush_arrive_in_order_and_whole() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = ClientSocket({"gunicorn.socket": ours, "SERVER_PROTOCOL": "HTTP/1.1"})
        pieces = [b"%07d " % number * 4000 for number in range(60)]
        taken = [client.send(piece) for piece in pieces]
        assert taken[0]
        assert not taken[-1]
        expected = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        received = bytearray()

        def read() -> None:
            while len(received) < len(expected) and (piece := theirs.recv(65536)):
                received.extend(piece)

        reader = threading.Thread(target=read)
        reader.start()
        client.flush()
        reader.join(10)
        assert received == expected


def test_a_client_that_has_closed_is_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        client = ClientSocket({"gunicorn.socket": ours, "SERVER_PROTOCOL": "HTTP/1.1"})
        assert not client.is_gone()
        theirs.close()
        assert client.is_gone()
        assert client.send(b"late")
