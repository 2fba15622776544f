"""The page with its loop watched: `running_ui(folder, module="tests.support.watched_page", HOLDS_FILE=…)`.

It runs on asyncio's own loop, whose turns can be timed, and not on uvloop.
"""

import asyncio
import gc
import json
import os
import sys
import time
from pathlib import Path

from tests.support.loop_watch import allowed_seconds

NOTED_SECONDS = 0.02


def watch(path: Path) -> None:
    """Write every turn that takes long to the file."""
    run = asyncio.Handle._run
    collecting = [0.0, 0.0]

    def note(phase: str, _info: dict[str, int]) -> None:
        now = time.thread_time()
        if phase == "start":
            collecting[1] = now
        else:
            collecting[0] += now - collecting[1]

    gc.callbacks.append(note)

    def timed(handle: asyncio.Handle) -> None:
        before, collecting[0] = time.thread_time(), 0.0
        try:
            run(handle)
        finally:
            seconds = time.thread_time() - before
            if seconds > NOTED_SECONDS:
                line = {
                    "seconds": seconds,
                    "allowed": allowed_seconds(),
                    "where": f"{collecting[0] * 1000:.0f} ms of it collecting garbage: {_what(handle)}",
                }
                with path.open("a", encoding="utf-8") as output:
                    output.write(json.dumps(line) + "\n")

    asyncio.Handle._run = timed  # type: ignore[method-assign]


def _what(handle: asyncio.Handle) -> str:
    task = getattr(handle._callback, "__self__", None)
    coroutine = task.get_coro() if isinstance(task, asyncio.Task) else None
    return f"{coroutine or handle!r}"[:300]


if __name__ == "__main__":
    sys.modules["uvloop"] = None  # type: ignore[assignment]
    watch(Path(os.environ["HOLDS_FILE"]))
    from ui.main import main

    main()
