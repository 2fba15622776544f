"""The client's TCP connection under a WSGI request: is it still there, and can it take more?

A sync server learns that a client has gone only when it writes. gunicorn puts its socket in the environ, and a peek
that finds the end of the input says it at once, for native threads and for gevent. Without that socket (a development
server) nothing is known and the next write tells.
"""

import os
import socket
import ssl
from typing import Any

_PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT
_AT_ONCE = socket.MSG_DONTWAIT


class ClientSocket:
    """The connection of one request."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._connection: Any = environ.get("gunicorn.socket")
        connection = self._connection
        # gevent's socket waits where the operating system would not; the plain one is inside.
        self._socket = getattr(connection, "_sock", connection)
        self._left = b""
        # gunicorn frames the body of an HTTP/1.1 response of unknown length in chunks (RFC 9112, section 7.1).
        is_plain = connection is not None and not isinstance(connection, ssl.SSLSocket)
        self.can_send = is_plain and environ.get("SERVER_PROTOCOL") == "HTTP/1.1"

    def send(self, payload: bytes) -> bool:
        """Write a piece of the chunked body past the server, without waiting; False when `flush` has to do the rest."""
        if not payload or self._socket is None:
            return True
        # Another push may come before the flush of what the last one has left.
        unsent = self._left + b"%x\r\n%b\r\n" % (len(payload), payload)
        try:
            sent = self._socket.send(unsent, _AT_ONCE)
        except BlockingIOError:
            sent = 0
        except OSError:
            return True  # The client has gone, which `is_gone` tells.
        self._left = unsent[sent:]
        return not self._left

    def flush(self) -> None:
        """Write what `send` has left, however long it takes."""
        if self._left:
            left, self._left = self._left, b""
            self._connection.sendall(left)

    def is_gone(self) -> bool:
        """Say whether the client has closed its side."""
        if self._socket is None:
            return False
        try:
            return not self._socket.recv(1, _PEEK)
        except (BlockingIOError, ValueError):
            return False  # Nothing to read; or TLS, which takes no flags.
        except OSError:
            return True

    def disconnect(self) -> None:
        """Break the connection, also under a thread that is blocked writing to it."""
        if self._socket is None:
            return
        try:
            with socket.socket(fileno=os.dup(self._socket.fileno())) as connection:
                connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It is closed already.
