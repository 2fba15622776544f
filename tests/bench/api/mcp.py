"""`tools/call` at `/mcp`: what one call takes and costs, and what calls do to the streams beside them.

The client writes ready bytes to one connection that is kept alive, so that hardly any of the time is its own.
"""

import json
import socket
import time
from typing import Any

import requests

from tests.bench.api.lab import GEVENT_SSE, GTHREAD_SSE, Lab, Subject, Target
from tests.bench.api.tools import CALLS_PER_SECOND, STREAMS, Call, gaps_beside
from tests.bench.measured import cpu_seconds
from tests.bench.report import Table, median
from tests.support.mcp_face import McpFace

# One tool that does nothing but to check its arguments, and one that reads the database.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "arguments that are refused": ("stop", {}),
    "list_threads, 20 of 50": ("list_threads", {}),
}
THREADS = 50
WARM_UP = 200
RECEIVE_BYTES = 65_536


def one_call(lab: Lab) -> Table:
    """Time and CPU of one call, by one client without a pause."""
    table = Table("api_mcp_call", "tools/call at /mcp, one client: time of a call, and CPU of the server for it")
    count = 300 if lab.options.is_quick else 3000
    for subject in [GEVENT_SSE] if lab.options.is_quick else [GEVENT_SSE, GTHREAD_SSE]:
        target = lab.target(subject)
        url = f"http://127.0.0.1:{target.port}"
        for number in range(THREADS):
            requests.post(f"{url}/threads", json={"title": f"Thread {number}"}, timeout=30)
        for kind, (name, arguments) in CALLS.items():
            for generation, face in (("2026-07-28", McpFace(url)), ("2025-11-25", McpFace(url).initialized())):
                request = _written(face, target, name, arguments)
                rounds = [_measured(target, request, count) for _ in range(max(2, lab.options.rounds))]
                table.rows.append({"server": _name(subject), "call": kind, "generation": generation, **_row(rounds)})
    return table


def beside_streams(lab: Lab) -> Table:
    """Gaps of streams with and without calls beside them, in turn."""
    title = f"{STREAMS} streams at 20 chunks/s beside {CALLS_PER_SECOND} tools/call a second at /mcp (list_threads)"
    table = Table("api_mcp_beside", title)
    for subject in [GEVENT_SSE] if lab.options.is_quick else [GEVENT_SSE, GTHREAD_SSE]:
        url = f"http://127.0.0.1:{lab.target(subject).port}"
        table.rows.append(gaps_beside(lab, subject, lambda url=url: _listing(url)))  # type: ignore[misc]
    return table


def _name(subject: Subject) -> str:
    return subject.name.removesuffix(", SSE")


def _row(rounds: list[tuple[float, float, float]]) -> dict[str, Any]:
    names = ("p50 ms", "p99 ms", "CPU ms of a call")
    return {name: median([each[place] for each in rounds]) for place, name in enumerate(names)}


def _listing(url: str) -> Call:
    body, headers = McpFace(url).message("tools/call", 1, {"name": "list_threads", "arguments": {}})
    return lambda session: session.post(f"{url}/mcp", json=body, headers=headers, timeout=30).ok


def _written(face: McpFace, target: Target, name: str, arguments: dict[str, Any]) -> bytes:
    body, headers = face.message("tools/call", 1, {"name": name, "arguments": arguments})
    content = json.dumps(body).encode()
    given = {"Host": f"127.0.0.1:{target.port}", "Content-Type": "application/json", **headers}
    lines = [f"{header}: {value}" for header, value in (*given.items(), ("Content-Length", len(content)))]
    return b"POST /mcp HTTP/1.1\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _measured(target: Target, request: bytes, count: int) -> tuple[float, float, float]:
    """Return the median and the 99th percentile of a call's time and its CPU, in milliseconds."""
    with socket.create_connection(("127.0.0.1", target.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(WARM_UP):
            _exchange(connection, request)
        times = []
        cpu = cpu_seconds(target.pids)
        for _ in range(count):
            began_at = time.perf_counter()
            _exchange(connection, request)
            times.append(time.perf_counter() - began_at)
        cpu = cpu_seconds(target.pids) - cpu
    times.sort()
    return 1000 * times[count // 2], 1000 * times[count * 99 // 100], 1000 * cpu / count


def _exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(RECEIVE_BYTES) or _broken()
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(RECEIVE_BYTES) or _broken()


def _broken() -> bytes:
    raise ConnectionError("the server has closed the connection")
