"""What tool calls do to the streams beside them: each is a stored run of its own, of a real MCP server."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.bench.api.lab import GEVENT_TOOLS, GTHREAD_TOOLS, Lab, Subject
from tests.bench.report import Table, median
from tests.support.processes import wait_for
from tests.support.tool_api import is_ready

STREAMS = 60
CALLS_PER_SECOND = 60
CALLERS = 12
ASKED = {"content": "/tool echo", "tool": {"name": "echo", "arguments": {"text": "hi"}}}


Call = Callable[[requests.Session], bool]


def beside_calls(lab: Lab) -> Table:
    """Gaps of streams with and without tool calls beside them, in turn."""
    table = Table(
        "api_tools",
        f"{STREAMS} streams at 20 chunks/s beside {CALLS_PER_SECOND} tool calls a second, each a stored run",
    )
    for subject in [GEVENT_TOOLS] if lab.options.is_quick else [GEVENT_TOOLS, GTHREAD_TOOLS]:
        url = f"http://127.0.0.1:{lab.target(subject).port}"
        wait_for(lambda url=url: is_ready(url), what="the MCP server")  # type: ignore[misc]
        table.rows.append(gaps_beside(lab, subject, lambda url=url: stored_call(url)))  # type: ignore[misc]
    return table


def gaps_beside(lab: Lab, subject: Subject, caller: Callable[[], Call]) -> dict[str, Any]:
    """Return the row of a server whose streams are measured with and without calls beside them."""
    alone, beside, made = [], [], []
    for _ in range(max(2, lab.options.rounds)):
        alone.append(_load(lab, subject))
        with _calls(caller) as count:
            before, began_at = count[0], time.monotonic()
            beside.append(_load(lab, subject))
            made.append((count[0] - before) / (time.monotonic() - began_at))
    gaps = [median([seen["gaps"]["p99"] for seen in rounds]) for rounds in (alone, beside)]
    row: dict[str, Any] = {"server": subject.name, "p99 gap ms alone": gaps[0], "p99 gap ms beside calls": gaps[1]}
    row |= {"beside ÷ alone": gaps[1] / gaps[0], "calls/s": median(made)}
    return {**row, "valid": all(seen["is_valid"] for seen in (*alone, *beside))}


def stored_call(url: str) -> Call:
    """Make what calls a tool by hand in a thread of its own."""
    thread_id = requests.post(f"{url}/threads", json={}, timeout=30).json()["thread_id"]
    return lambda session: session.post(f"{url}/threads/{thread_id}/runs", json=ASKED, timeout=30).ok


def _load(lab: Lab, subject: Subject) -> dict[str, Any]:
    seconds = 2.0 if lab.options.is_quick else 6.0
    return lab.load(subject, streams=STREAMS, rate=20.0, chunks=60, ramp_seconds=1.5, window_seconds=seconds)


@contextmanager
def _calls(caller: Callable[[], Call]) -> Iterator[list[int]]:
    """Call at the pace until the end; what is yielded counts the calls."""
    count, ended = [0], threading.Event()

    def repeat() -> None:
        call = caller()
        with requests.Session() as session:
            next_at = time.monotonic()
            while not ended.wait(max(0.0, next_at - time.monotonic())):
                next_at += CALLERS / CALLS_PER_SECOND
                is_made = call(session)
                count[0] += is_made

    callers = [threading.Thread(target=repeat, daemon=True) for _ in range(CALLERS)]
    for each in callers:
        each.start()
    try:
        yield count
    finally:
        ended.set()
        for each in callers:
            each.join(30)
