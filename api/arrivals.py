"""Receives from a socket when something has arrived, at the least cost for an answer that is still being made.

gevent's sockets try first and wait after that. The bytes of an answer that is being made are never there already, so
the try is a system call and an exception for nothing; waiting first also lets the other greenlets run.
"""

import socket
import ssl
import sys
from collections.abc import Callable


def arrivals(connected: socket.socket) -> Callable[[int], bytes]:
    """Return what to call instead of `connected.recv`, by one thread or greenlet."""
    patched = sys.modules.get("gevent.monkey")
    if patched is None or not patched.is_module_patched("socket"):
        return connected.recv
    return _waiting_first(connected)


def _waiting_first(connected: socket.socket) -> Callable[[int], bytes]:
    from gevent import get_hub  # noqa: PLC0415
    from gevent.socket import wait  # noqa: PLC0415

    watcher = get_hub().loop.io(connected.fileno(), 1)
    # What TLS has decrypted already is not in the operating system's buffer.
    pending = connected.pending if isinstance(connected, ssl.SSLSocket) else None

    def receive(size: int) -> bytes:
        if pending is None or not pending():
            wait(watcher, connected.timeout)
        return connected.recv(size)

    return receive
