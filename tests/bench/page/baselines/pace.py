"""The answer that every page streams: the same text at the same pace, from a moment that the benchmark names.

Runs inside the servers under comparison, so it uses the standard library only. The schedule says when a chunk is due,
not when the page's server got round to it: time that a server takes from the generator counts as its lag.
"""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ASK_SECONDS = 0.02
START = "start.json"


@dataclass(frozen=True)
class Schedule:
    """What is streamed and when, by the clock on the wall; several streams take turns within a step."""

    text: str
    rate: float
    chunk: int
    began_at: float
    streams: int = 1

    @property
    def seconds(self) -> float:
        """How long a stream takes."""
        return len(self.text) / self.chunk / self.rate

    def due(self, position: int, stream: int = 0) -> float:
        """Return when the character at this position is due."""
        return self.began_at + (position // self.chunk + stream / self.streams) / self.rate


def start(folder: Path, schedule: Schedule) -> None:
    """Let the streams begin that wait for it in this folder."""
    draft = folder / "start.draft"
    draft.write_text(json.dumps(asdict(schedule)), encoding="utf-8")
    draft.rename(folder / START)


def chunks(stream: int = 0) -> Iterator[str]:
    """Yield the answer at its pace; only the first who asks gets the stream."""
    for seconds, chunk in _steps(stream):
        time.sleep(seconds)
        if chunk:
            yield chunk


async def chunks_async(stream: int = 0) -> AsyncIterator[str]:
    """Yield the answer at its pace on an event loop; only the first who asks gets the stream."""
    for seconds, chunk in _steps(stream):
        await asyncio.sleep(seconds)
        if chunk:
            yield chunk


def _steps(stream: int) -> Iterator[tuple[float, str]]:
    folder = Path(os.environ["BENCH_FOLDER"])
    with contextlib.suppress(FileExistsError):
        (folder / f"taken-{stream}").touch(exist_ok=False)
        while not (folder / START).exists():
            yield ASK_SECONDS, ""
        schedule = Schedule(**json.loads((folder / START).read_text(encoding="utf-8")))
        for position in range(0, len(schedule.text), schedule.chunk):
            wait = schedule.due(position, stream) - time.time()
            yield max(0.0, wait), schedule.text[position : position + schedule.chunk]
