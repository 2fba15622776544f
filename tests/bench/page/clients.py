"""Many open pages without a browser: each does the Socket.IO handshake of NiceGUI's client and notes what arrives.

A process of its own that takes a Plan as JSON on its standard input and prints what it saw as JSON. Like browsers the
clients ask for compressed frames, answer pings and acknowledge every three seconds; what a frame of StreamedMarkdown
does to the HTML is done here too, because a marker may come in two halves.
"""

import ast
import asyncio
import json
import re
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.measured import cpu_seconds, tree
from tests.bench.page.baselines.pace import Schedule, start

MARKER = re.compile(r"m\d{5}q")
DRAW = re.compile(r"getElement\(\d+\)\?\.draw\((.*)\)", re.DOTALL)
QUERY = re.compile(r"query: (\{.*\}),")
TAIL = 3000
ACK_SECONDS = 3.0
CONNECTING_AT_ONCE = 8
SLOWEST_SECONDS = 10.0
COMPRESSION_WINDOW = 15


@dataclass(frozen=True)
class Plan:
    """How many pages, and what each streams."""

    url: str
    pid: int
    folder: str
    pages: int
    text: str
    rate: float
    chunk: int


@dataclass
class Seen:
    """What one page received: when each marker arrived, and how many frames it took."""

    due: list[float] = field(default_factory=list)
    arrived_at: list[float] = field(default_factory=list)
    frames: int = 0


class Units:
    """The units of HTML that a StreamedMarkdown has in its browser."""

    def __init__(self) -> None:
        self._units: list[str] = []

    def draw(self, _seq: int, dropped: int, *patches: Any) -> str:
        """Change the units as a frame says and return the ends of those that changed."""
        end = len(self._units) - dropped
        del self._units[end:]
        ends: list[str] = []
        for first in range(0, len(patches), 3):
            place, left, follows = patches[first : first + 3]
            if place == 0:
                self._units.append("")
            index = end - place if place else -1
            unit = self._units[index]
            self._units[index] = unit[: len(unit) - left] + follows
            ends.append(self._units[index][-TAIL:])
        return "".join(ends)


class OpenPage:
    """One page, from its HTML to the last marker."""

    def __init__(self, session: aiohttp.ClientSession, plan: Plan, number: int) -> None:
        self._session, self._plan, self._number = session, plan, number
        self._units = Units()
        self._next_message_id = 0
        self.markers = len(MARKER.findall(plan.text))
        self.seen = Seen()

    async def open(self) -> None:
        """Load the page and connect its socket."""
        async with self._session.get(f"{self._plan.url}/?stream_number={self._number}") as response:
            query = QUERY.search(await response.text())
        assert query, "this is no page of NiceGUI"
        asked = {name: str(value).lower() for name, value in ast.literal_eval(query[1]).items()}
        self._client_id = asked["client_id"]
        asked |= {"document_id": str(uuid.uuid4()), "tab_id": str(uuid.uuid4()), "EIO": "4", "transport": "websocket"}
        self._socket = await self._session.ws_connect(
            f"{self._plan.url}/_nicegui_ws/socket.io/", params=asked, compress=COMPRESSION_WINDOW, max_msg_size=0
        )
        await self._socket.receive_str()
        await self._socket.send_str("40")

    async def follow(self) -> None:
        """Take what comes until the last marker has come."""
        acknowledging = asyncio.create_task(self._acknowledge())
        try:
            while len(self.seen.arrived_at) < self.markers:
                message = await self._socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise ConnectionError(f"page {self._number} was closed: {self._socket.close_code}")
                await self._take(message.data)
        finally:
            acknowledging.cancel()

    async def _take(self, packet: str) -> None:
        at = time.time()
        if packet == "2":
            await self._socket.send_str("3")
        if not packet.startswith("42["):
            return
        self.seen.frames += 1
        event, body = json.loads(packet[2:])
        self._next_message_id = body.get("_id", self._next_message_id - 1) + 1
        found = MARKER.findall(self._shown(event, body, packet))
        if found:
            shown = int(found[-1][1:6]) + 1
            self.seen.arrived_at += [at] * (shown - len(self.seen.arrived_at))

    def _shown(self, event: str, body: dict[str, Any], packet: str) -> str:
        if event == "run_javascript" and (drawn := DRAW.fullmatch(body["code"])):
            return self._units.draw(*json.loads(f"[{drawn[1]}]"))
        return packet[-TAIL:] if event == "update" else ""

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACK_SECONDS)
            told = {"client_id": self._client_id, "next_message_id": self._next_message_id}
            await self._socket.send_str(f'42["ack",{json.dumps(told)}]')


async def run(plan: Plan) -> dict[str, Any]:
    """Open all pages, let them stream at once, and return what each saw and what it cost."""
    # As in a browser each socket has a connection of its own.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as session:
        pages = [OpenPage(session, plan, number) for number in range(plan.pages)]
        door = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def enter(page: OpenPage) -> None:
            async with door:
                await page.open()

        await asyncio.gather(*map(enter, pages))
        following = [asyncio.create_task(page.follow()) for page in pages]
        await _until(lambda: all(Path(plan.folder, f"taken-{number}").exists() for number in range(plan.pages)))
        before = cpu_seconds(tree(plan.pid)), time.process_time()
        schedule = Schedule(plan.text, plan.rate, plan.chunk, time.time() + 0.5, plan.pages)
        start(Path(plan.folder), schedule)
        await asyncio.wait(following, timeout=schedule.seconds + SLOWEST_SECONDS)
        cost = {"ui_cpu": cpu_seconds(tree(plan.pid)) - before[0], "client_cpu": time.process_time() - before[1]}
        for task in following:
            task.cancel()
        await asyncio.wait(following)
        for task in following:
            if not task.cancelled():
                task.result()
    for number, page in enumerate(pages):
        page.seen.due = [schedule.due(found.end() - 1, number) for found in MARKER.finditer(plan.text)]
    return {"pages": [asdict(page.seen) for page in pages], "ended_at": time.time(), **cost}


async def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


def main() -> None:
    """Do what the standard input says."""
    print(json.dumps(asyncio.run(run(Plan(**json.load(sys.stdin))))))


if __name__ == "__main__":
    main()
