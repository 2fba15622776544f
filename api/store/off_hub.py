"""SQLite's native calls leave gevent's hub; psycopg waits cooperatively, and under native threads a call is a call.

What runs in the pool's native threads must not wait for a lock that gevent has patched: a wait there would start a
second hub. SQLite's connections are therefore pooled without locks (`free_list_pool`), and its writers take turns by a
native one.
"""

import sys
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from sqlalchemy import Engine

from api.store.engine import is_sqlite

P = ParamSpec("P")
T = TypeVar("T")


def off_hub(engine: Engine, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `call(…)`, made in a thread of gevent's pool where the engine's calls would block gevent's hub."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading") or not is_sqlite(engine):
        return call(*args, **kwargs)

    def attempt() -> tuple[T | None, Exception | None]:
        # gevent prints the traceback of whatever a thread of its pool raises.
        try:
            return call(*args, **kwargs), None
        except Exception as error:  # noqa: BLE001 - It is raised again, where the call was made.
            return None, error

    result, error = sys.modules["gevent"].get_hub().threadpool.apply(attempt)
    if error is not None:
        raise error
    return cast(T, result)


def native_lock() -> threading.Lock:
    """Make a lock for what runs off the hub, which gevent must not know of."""
    monkey = sys.modules.get("gevent.monkey")
    lock: threading.Lock = monkey.get_original("_thread", "allocate_lock")() if monkey else threading.Lock()
    return lock
