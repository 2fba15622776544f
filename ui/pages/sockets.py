"""What pages' sockets may cost: one that sends what no page sends is closed, and few pages wait for theirs."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from inspect import isawaitable
from typing import Any

from nicegui import Client, core

from ui.auth import network_of

MAX_WAITING = 200

Handler = Callable[..., Any]

logger = logging.getLogger(__name__)


def guard() -> None:
    """Close every socket that sends a frame which no page sends, instead of writing a traceback for each of them."""
    sio = core.sio
    engine = sio.eio
    engine.on("message", _closing(engine.handlers["message"], lambda socket_id: socket_id))
    for name, handler in list(sio.handlers["/"].items()):
        if name not in ("connect", "disconnect"):
            sio.on(name, _closing(handler, lambda socket_id: sio.manager.eio_sid_from_sid(socket_id, "/")))


def _closing(handler: Handler, engine_id: Callable[[str], str]) -> Handler:
    if hasattr(handler, "__wrapped__"):
        return handler

    @wraps(handler)
    async def take(socket_id: str, *args: object) -> object:
        try:
            result = handler(socket_id, *args)
            return await result if isawaitable(result) else result
        except Exception as exc:  # noqa: BLE001 - whatever the libraries stumble over
            logger.warning("a socket is closed, which sent what no page sends: %r", exc)
            await core.sio.eio.disconnect(engine_id(socket_id))
            return None

    return take


class WaitingPages:
    """The pages whose browsers have not opened a socket; where there are many, the oldest of whoever opened most goes.

    2,000 of them in two minutes took the process from 82 to 426 MB, and take it to 173:
    `for at in $(seq 2000); do curl -so /dev/null localhost:8100; done`.
    """

    def __init__(self, most: int = MAX_WAITING) -> None:
        self._most = most
        self._by_network: dict[str, OrderedDict[str, None]] = {}
        self._count = 0

    def add(self, page_id: str, address: str) -> str | None:
        """Count a page that was opened from an address; return the one that has to go for it."""
        self._by_network.setdefault(network_of(address), OrderedDict())[page_id] = None
        self._count += 1
        if self._count <= self._most:
            return None
        busiest = max(self._by_network.values(), key=len)
        oldest = next(iter(busiest))
        self.remove(oldest)
        return oldest

    def remove(self, page_id: str) -> None:
        """Forget a page that has its socket, or is gone."""
        for network, pages in self._by_network.items():
            if page_id in pages:
                del pages[page_id]
                self._count -= 1
                if not pages:
                    del self._by_network[network]
                return


def drop(page_id: str) -> None:
    """Delete a page whose browser has no socket."""
    client = Client.instances.get(page_id)
    if client and not client.has_socket_connection:
        client.delete()
