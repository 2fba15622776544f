"""The API with its hub watched: how long each turn of a greenlet takes of its thread's own CPU time.

`running_api(folder, app="tests.support.hub_watch:create_app()", …)` writes what held the hub to `HOLDS_FILE`.
"""

import json
import os
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import greenlet
from flask import Flask

from api import app
from tests.support.loop_watch import allowed_seconds

NOTED_SECONDS = 0.02


def create_app() -> Flask:
    """Build the API, and watch every switch between greenlets from now on."""
    built = app.create_app()
    path = Path(os.environ["HOLDS_FILE"])
    switched_at = time.thread_time()

    def note(_event: str, between: tuple[Any, Any]) -> None:
        nonlocal switched_at
        seconds = time.thread_time() - switched_at
        if seconds > NOTED_SECONDS:
            frames = traceback.extract_stack(between[0].gr_frame)
            where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-9:]))
            line = {"seconds": seconds, "allowed": allowed_seconds(), "where": where}
            with path.open("a", encoding="utf-8") as output:
                output.write(json.dumps(line) + "\n")
        switched_at = time.thread_time()

    greenlet.settrace(note)
    return built


@dataclass
class HubHolds:
    """What a watched API has written."""

    path: Path

    def forget(self) -> None:
        """Forget what was."""
        self.path.write_text("", encoding="utf-8")

    def too_long(self) -> list[str]:
        """Return the turns that took longer than they may; one may be up to three times as long.

        A machine that is busy doubles now and then what a single turn takes of its own clock; a defect does every time.
        """
        turns = map(json.loads, self.path.read_text(encoding="utf-8").splitlines())
        too_long = [turn for turn in turns if turn["seconds"] > turn["allowed"]]
        if len(too_long) == 1 and too_long[0]["seconds"] < 3 * too_long[0]["allowed"]:
            return []
        return [
            f"{turn['seconds'] * 1000:.0f} ms of {turn['allowed'] * 1000:.0f}: {turn['where']}" for turn in too_long
        ]
