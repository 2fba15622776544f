"""A pool of connections without a lock: taking and giving back are single operations of a deque.

Connections move freely between native threads, one thread at a time, and no thread ever waits for one: the callers'
threads are the bound. SQLAlchemy's own pools wait on `threading` locks, which native threads must not do under gevent.
"""

from collections import deque
from typing import Any

from sqlalchemy.pool import ConnectionPoolEntry, Pool


class FreeListPool(Pool):
    """Keeps up to `size` idle connections, the last one used first."""

    def __init__(self, creator: Any, *, size: int = 8, **options: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own.
        super().__init__(creator, **options)
        self._size = size
        self._idle: deque[ConnectionPoolEntry] = deque()

    def status(self) -> str:
        """Say how many connections are idle."""
        return f"{len(self._idle)} idle connections"

    def recreate(self) -> "FreeListPool":
        """Return an empty pool that is otherwise the same."""
        return type(self)(
            self._creator,
            size=self._size,
            recycle=self._recycle,
            echo=self.echo,
            logging_name=self._orig_logging_name,
            reset_on_return=self._reset_on_return,
            pre_ping=self._pre_ping,
            _dispatch=self.dispatch,
            dialect=self._dialect,
        )

    def dispose(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return self._idle.pop()
        except IndexError:
            return self._create_connection()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if len(self._idle) < self._size:
            self._idle.append(record)
        else:
            record.close()
