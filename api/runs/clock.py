"""What depends on time alone (heartbeats, limits, clients that left) is checked by one thread per worker.

The path of a delta then has no timers.
"""

import logging
import threading
import time
from collections.abc import Callable

TICK_SECONDS = 0.25

logger = logging.getLogger(__name__)


def start_clock(tick: Callable[[float], None]) -> threading.Thread:
    """Call `tick(time.monotonic())` four times a second from a daemon thread."""

    def run() -> None:
        while True:
            time.sleep(TICK_SECONDS)
            try:
                tick(time.monotonic())
            except Exception:
                logger.exception("A tick failed")

    thread = threading.Thread(target=run, name="clock", daemon=True)
    thread.start()
    return thread
