"""All that knows gevent's hub: under native threads each of these is the plain call it stands for.

What runs in the hub's pool of native threads must not wait for a lock that gevent has patched: a wait there would start
a second hub. SQLite's connections are therefore pooled without locks (`store/free_list_pool.py`), and its writers take
turns by a native one.
"""

import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

TURN_SECONDS = 0.01
# A sleep of 0 goes to whatever else is ready and not to what has just arrived: sockets then waited up to half a second.
REST_SECONDS = 0.001


def is_patched(module: str) -> bool:
    """Say whether gevent has replaced the blocking calls of a module, without importing gevent."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched(module))


def give_way() -> None:
    """Let everybody else run."""
    time.sleep(REST_SECONDS)


class Turns:
    """Lets everybody else run after each so many seconds of one's own work: for a loop that may be long.

    Not for what runs in the hub's pool of native threads.
    """

    def __init__(self) -> None:
        self._began_at = time.monotonic()

    def rest(self) -> None:
        """Let the others run if it is their turn."""
        if time.monotonic() - self._began_at > TURN_SECONDS:
            give_way()
            self.begin()

    def begin(self) -> None:
        """Count from now on: the others have just run."""
        self._began_at = time.monotonic()


def in_turns(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, and let everybody else run in between."""
    turns = Turns()
    for item in items:
        yield item
        turns.rest()


def off_hub(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `call(…)`, made in a native thread where it would block gevent's hub."""
    if not is_patched("threading"):
        return call(*args, **kwargs)

    def attempt() -> tuple[T | None, Exception | None]:
        # gevent prints the traceback of whatever a thread of its pool raises.
        try:
            return call(*args, **kwargs), None
        except Exception as error:  # noqa: BLE001 - It is raised again, where the call was made.
            return None, error

    result, error = _gevent().get_hub().threadpool.apply(attempt)
    if error is not None:
        raise error
    return cast(T, result)


def native_lock() -> threading.Lock:
    """Make a lock for what runs off the hub, which gevent must not know of."""
    monkey = sys.modules.get("gevent.monkey")
    lock: threading.Lock = monkey.get_original("_thread", "allocate_lock")() if monkey else threading.Lock()
    return lock


def arrivals(connected: socket.socket) -> Callable[[int], bytes]:
    """Return what to call instead of `connected.recv`, by one thread or greenlet: it waits first and then receives.

    gevent's sockets try first and wait after that. The bytes of an answer that is being made are never there already,
    so the try is a system call and an exception for nothing; waiting first also lets the other greenlets run. Without
    it a paced chunk costs 5 to 8 % more (`python -m tests.bench api paced`), and beside answers that come in bursts the
    first text of another takes 15 ms and more instead of 5 (`… burst`; 4 to 8 rounds in alternation).
    """
    return _waiting_first(connected) if is_patched("socket") else connected.recv


def readable_within(connected: socket.socket, seconds: float) -> bool:
    """Wait until there is something to receive, or the end of it, and say whether that was in so many seconds."""
    if isinstance(connected, ssl.SSLSocket) and connected.pending():
        return True
    if not is_patched("socket"):
        poll = select.poll()
        poll.register(connected, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    try:
        _gevent().socket.wait_read(connected.fileno(), seconds, TimeoutError())
    except TimeoutError:
        return False
    return True


def _waiting_first(connected: socket.socket) -> Callable[[int], bytes]:
    gevent = _gevent()
    wait = gevent.socket.wait
    watcher = gevent.get_hub().loop.io(connected.fileno(), 1)
    # What TLS has decrypted already is not in the operating system's buffer.
    pending = connected.pending if isinstance(connected, ssl.SSLSocket) else None

    def receive(size: int) -> bytes:
        if pending is None or not pending():
            wait(watcher, connected.timeout)
        return connected.recv(size)

    return receive


def _gevent() -> ModuleType:
    import gevent.socket  # noqa: PLC0415 # Under native threads there is none to import.

    found: ModuleType = gevent
    return found
