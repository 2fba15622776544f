"""What another thread holds to end a call to the provider, at any moment."""

import os
import socket
import threading
from contextlib import suppress


class Exchange:
    """One call, over one connection after another; any thread may close it, any number of times.

    `close` shuts the connection down under a blocked read or write, also while the server has not sent its headers. The
    connection is the exchange's from `attach` to `detach`, after which it may be somebody else's.
    """

    def __init__(self) -> None:
        self.is_closed = False
        self._lock = threading.Lock()
        self._twin: int | None = None

    def attach(self, connected: socket.socket) -> None:
        """Run over this connection from here on."""
        self.detach()
        with self._lock:
            # A twin of the descriptor: shutting it down neither touches the state of TLS nor races a close.
            self._twin = os.dup(connected.fileno())
            if self.is_closed:
                self._shut_down()

    def detach(self) -> None:
        """Let go of the connection."""
        with self._lock:
            twin, self._twin = self._twin, None
        if twin is not None:
            os.close(twin)

    def close(self) -> None:
        """End the call: a blocked read returns at once."""
        with self._lock:
            self.is_closed = True
            self._shut_down()

    def _shut_down(self) -> None:
        if self._twin is not None:
            twin = socket.socket(fileno=self._twin)
            with suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)
            twin.detach()
