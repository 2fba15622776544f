"""The client's TCP connection under a WSGI request: is it still there?

A sync server learns that a client has gone only when it writes. gunicorn puts its socket in the environ, and a peek
that finds the end of the input says it at once, for native threads and for gevent. Without that socket (a development
server) nothing is known and the next write tells.
"""

import os
import socket
from typing import Any

_PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT


class ClientSocket:
    """The connection of one request."""

    def __init__(self, environ: dict[str, Any]) -> None:
        connection = environ.get("gunicorn.socket")
        # gevent's socket waits where the operating system would not; the plain one is inside.
        self._socket = getattr(connection, "_sock", connection)

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
