"""Watches one answer grow in a real Chromium: when each marker is painted, and what that costs the browser."""

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Error, Page, WebSocket, sync_playwright

from tests.bench.measured import cpu_seconds, machine_busy_seconds, tree
from tests.bench.page.baselines.pace import Schedule, start
from tests.bench.page.lab import Place
from tests.support.browser import FLAGS, executable

MARKER = re.compile(r"m\d{5}q")
# Pages that fetch fonts or scripts from elsewhere get none, as on a machine without a network.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
LOOK_MS = 250
# The same eyes for every page: after a change, when the frame that shows it is out, read the last marker.
OBSERVE = """selector => {
  window.painted = [];
  let root = null, last = -1, waiting = false;
  const look = () => {
    waiting = false;
    if (!root?.isConnected) root = [...document.querySelectorAll(selector)].at(-1);
    const found = root?.textContent.slice(-800).match(/m\\d{5}q/g);
    const marker = found ? +found.at(-1).slice(1, 6) : -1;
    if (marker > last) painted.push([(last = marker), performance.timeOrigin + performance.now()]);
  };
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = look; c.port2.postMessage(0); });
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
FETCHED = """since => performance.getEntriesByType("resource")
  .filter(each => ["fetch", "xmlhttprequest"].includes(each.initiatorType) && each.responseEnd > since)
  .reduce((sum, each) => sum + each.decodedBodySize, 0)"""


@dataclass
class Seen:
    """What the browser saw of one answer."""

    schedule: Schedule
    painted_at: list[float] = field(default_factory=list)
    ended_at: float = 0.0
    accident: str = ""
    frames: list[tuple[float, int]] = field(default_factory=list)
    fetched: int = 0
    main_thread_seconds: float | None = None
    main_thread_cpu_seconds: float | None = None
    ui_cpu_seconds: float = 0.0
    others_cores: float = 0.0

    def __post_init__(self) -> None:
        self.due = [self.schedule.due(found.end() - 1) for found in MARKER.finditer(self.schedule.text)]

    @property
    def share(self) -> float:
        """How much of the answer was painted."""
        return len(self.painted_at) / len(self.due)

    def note(self, painted: list[tuple[int, float]]) -> None:
        """Take in what the page has painted since it was asked last."""
        for marker, at in painted:
            self.painted_at += [at / 1000] * (min(marker + 1, len(self.due)) - len(self.painted_at))

    def lags(self) -> list[float]:
        """Return for each marker the seconds from its moment to its paint; for one not painted, the wait so far."""
        waiting = [self.ended_at] * (len(self.due) - len(self.painted_at))
        seen = zip(self.due, self.painted_at + waiting, strict=True)
        return [at - due for due, at in seen if due < self.ended_at]

    def socket_bytes(self, until: float = float("inf")) -> int:
        """Add up what came over sockets and fetched streams."""
        return sum(size for at, size in self.frames if at < until) + self.fetched


def watch(place: Place, root: str, text: str, rate: float, chunk: int) -> Seen:
    """Stream one answer to one page and return what was seen."""
    with _page() as page:
        sizes: list[tuple[float, int]] = []
        page.on("websocket", lambda socket: _count(socket, sizes))
        page.goto(place.url)
        page.wait_for_load_state("load")
        _wait_for_stream(page, place)
        page.evaluate(OBSERVE, root)
        clocks = [Clock(page, domain) for domain in ("timeTicks", "threadTicks")]
        mine = tree(os.getpid())
        before = place.cpu_seconds(), cpu_seconds(mine), machine_busy_seconds()
        since = page.evaluate("performance.now()")
        seen = Seen(Schedule(text, rate, chunk, time.time() + 0.2))
        sizes.clear()
        start(place.folder, seen.schedule)
        _follow(page, seen)
        seen.ui_cpu_seconds = place.cpu_seconds() - before[0]
        others = machine_busy_seconds() - before[2] - (cpu_seconds(mine) - before[1])
        seen.others_cores = max(0.0, others) / (seen.ended_at - seen.schedule.began_at)
        seen.frames = sizes
        with contextlib.suppress(Error):
            seen.fetched = page.evaluate(FETCHED, since)
            seen.main_thread_seconds, seen.main_thread_cpu_seconds = (clock.seconds() for clock in clocks)
    return seen


@contextlib.contextmanager
def _page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*FLAGS, OFFLINE])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


class Clock:
    """The seconds of tasks on the page's main thread since this was made, by the wall or by the thread's own clock."""

    def __init__(self, page: Page, domain: str) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": domain})
        self._before = self._read()

    def seconds(self) -> float:
        """Return the seconds so far."""
        return self._read() - self._before

    def _read(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float({each["name"]: each["value"] for each in metrics}["TaskDuration"])


def _wait_for_stream(page: Page, place: Place) -> None:
    for _ in range(200):
        if (place.folder / "taken-0").exists():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the page asked for no answer: {page.content()[:500]}")


def _follow(page: Page, seen: Seen) -> None:
    """Look again and again until all is painted, the page is lost, or twice the time has passed."""
    lost: list[str] = []
    page.on("framenavigated", lambda frame: lost.append("the page reloaded") if frame == page.main_frame else None)
    page.on("crash", lambda _: lost.append("the page crashed"))
    seconds = seen.schedule.seconds
    limit = seen.schedule.began_at + seconds + max(seconds, 15)
    while seen.share < 1 and not lost and time.time() < limit:
        try:
            page.wait_for_timeout(LOOK_MS)
            seen.note(page.evaluate("painted.splice(0)"))
        except Error:
            lost = lost or ["the page was lost"]
    seen.ended_at = time.time()
    seen.accident = lost[0] if lost else ""


def _count(socket: WebSocket, sizes: list[tuple[float, int]]) -> None:
    def on_frame(frame: Any) -> None:
        sizes.append((time.time(), len(frame.encode() if isinstance(frame, str) else frame)))

    socket.on("framereceived", on_frame)
