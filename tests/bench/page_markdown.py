"""Measures one growing answer in a real browser: `python -m tests.bench.page_markdown --kind mixed --size 51000`."""

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import sync_playwright

from tests.bench.answers import KINDS, answer
from tests.browser import FLAGS, executable
from tests.processes import Server, clean_environment, free_port, wait_for

MARKER = re.compile(r"m\d{5}q")
OBSERVE = """() => {
  window.painted = [];
  const root = document.querySelector(".markdown");
  let last = -1, waiting = false;
  const look = () => {
    waiting = false;
    const found = root.textContent.slice(-800).match(/m\\d{5}q/g);
    const marker = found ? +found.at(-1).slice(1, 6) : -1;
    if (marker > last) painted.push([(last = marker), performance.timeOrigin + performance.now()]);
  };
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = look; c.port2.postMessage(0); });
  }).observe(root, { subtree: true, childList: true, characterData: true });
}"""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run cost."""

    kind: str
    size: int
    seconds: float
    lag_p50_ms: float
    lag_p95_ms: float
    first_quarter_p95_ms: float
    last_quarter_p95_ms: float
    socket_bytes_per_byte: float
    socket_bytes_per_byte_first_half: float
    main_thread_seconds: float
    ui_cpu_seconds: float


def measured(kind: str, size: int, rate: float, chunk: int) -> Result:
    """Stream one answer to one page and return what it cost."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.page_markdown", "--serve", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(command, clean_environment(), port, Path(folder) / "page.log")
        try:
            server.wait_until_healthy()
            return _in_browser(server.url, answer(kind, size), kind, rate, chunk)
        finally:
            server.stop()


def _in_browser(url: str, text: str, kind: str, rate: float, chunk: int) -> Result:
    sizes: list[tuple[float, int]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sizes.append(_size(frame))))
        page.goto(url)
        page.wait_for_function("window.did_handshake && document.querySelector('.markdown')")
        page.evaluate(OBSERVE)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        before = _task_seconds(session)
        sizes.clear()
        body = {"text": text, "rate": rate, "chunk": chunk}
        requests.post(f"{url}/stream", json=body, timeout=5)
        page.wait_for_timeout(1000 * len(text) / chunk / rate)  # a request now would count as the page's CPU

        def done() -> Any:
            page.wait_for_timeout(250)
            return requests.get(f"{url}/result", timeout=5).json()

        result = wait_for(done, len(text) / chunk / rate * 2 + 30, "the end of the stream")
        page.wait_for_timeout(500)
        spent = _task_seconds(session) - before
        painted = page.evaluate("painted")
        browser.close()
    lags = _lags(result["sent"], painted)
    quarter = max(len(lags) // 4, 1)
    total, half = len(text.encode()), sum(size for at, size in sizes if at < result["half"])
    return Result(
        kind, len(text), round(result["seconds"], 1), round(statistics.median(lags)), _p95(lags), _p95(lags[:quarter]),
        _p95(lags[-quarter:]), round(sum(size for _, size in sizes) / total, 2), round(half / (total / 2), 2),
        round(spent, 2), round(result["cpu"], 2),
    )  # fmt: skip


def _size(frame: str | bytes) -> tuple[float, int]:
    return time.time(), len(frame.encode() if isinstance(frame, str) else frame)


def _task_seconds(session: Any) -> float:
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def _lags(sent: list[float], painted: list[tuple[int, float]]) -> list[float]:
    """Return for each marker how many milliseconds after its emission it was in the picture."""
    lags: list[float] = []
    for marker, at in painted:
        lags += [at - 1000 * sent[index] for index in range(len(lags), min(marker + 1, len(sent)))]
    assert len(lags) == len(sent), f"{len(lags)} of {len(sent)} markers were painted"
    return lags


def _p95(values: list[float]) -> float:
    return round(sorted(values)[int(len(values) * 0.95)])


def serve(port: int) -> None:
    """Serve a page with one element, and stream to it."""
    from nicegui import app, background_tasks, ui

    from ui.elements.streamed_markdown import StreamedMarkdown

    state: dict[str, Any] = {"result": None}

    @ui.page("/")
    def page() -> None:
        ui.query(".nicegui-content").style("max-width: 48rem; margin: auto")
        state["element"] = StreamedMarkdown()

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.get("/result")
    def result() -> Any:
        return state["result"]

    @app.post("/stream")
    async def stream(body: dict[str, Any]) -> None:
        background_tasks.create(_stream(state, body["text"], body["rate"], body["chunk"]))

    ui.run(host="127.0.0.1", port=port, show=False, reload=False, tailwind=False, workers=1, reconnect_timeout=30)


async def _stream(state: dict[str, Any], text: str, rate: float, chunk: int) -> None:
    element, sent, half = state["element"], list[float](), 0.0
    ends = iter([found.end() for found in MARKER.finditer(text)])
    end = next(ends, None)
    cpu, started = time.process_time(), time.perf_counter()
    for number, start in enumerate(range(0, len(text), chunk), start=1):
        element.append(text[start : start + chunk])
        while end is not None and end <= start + chunk:
            sent.append(time.time())
            end = next(ends, None)
        half = half or (time.time() if start > len(text) / 2 else 0.0)
        await asyncio.sleep(max(0, started + number / rate - time.perf_counter()))
    element.finish()
    await asyncio.sleep(0.3)
    seconds = time.perf_counter() - started
    state["result"] = {"sent": sent, "half": half, "seconds": seconds, "cpu": time.process_time() - cpu}


def main() -> None:
    """Measure, or serve the page that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=int)
    parser.add_argument("--kind", choices=KINDS, default="mixed")
    parser.add_argument("--size", type=int, default=51_000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--chunk", type=int, default=17)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
    else:
        found = measured(options.kind, options.size, options.rate, options.chunk)
        print(json.dumps({name: getattr(found, name) for name in Result.__slots__}, indent=2))


if __name__ in {"__main__", "__mp_main__"}:
    main()
