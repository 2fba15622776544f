import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.bench.api.servers import BenchProvider, nginx, nginx_binary, nothing
from tests.bench.load import Plan, percentile
from tests.bench.measured import cpu_seconds
from tests.support.missing import missing
from tests.support.processes import ROOT, WAIT_SECONDS


@pytest.fixture
def provider() -> Iterator[BenchProvider]:
    running = BenchProvider()
    yield running
    running.stop()


def run_load(**plan: object) -> dict:
    """Run the generator's process to its end."""
    filled = json.dumps(asdict(Plan(**plan)))
    command = [sys.executable, "-m", "tests.bench.load"]
    return json.loads(subprocess.check_output(command, cwd=ROOT, input=filled, text=True, timeout=WAIT_SECONDS))


def test_the_load_counts_every_chunk_and_keeps_to_the_pace(provider: BenchProvider, tmp_path: Path) -> None:
    with nothing(provider, tmp_path) as target:
        seen = run_load(port=target.port, path=target.path, streams=10, chunks=20, rate=20, answers=20)
    assert (seen["answers"], seen["chunks"], seen["failures"]) == (20, 400, 0)
    assert seen["seconds"] > 2 * 0.9  # Each stream had two answers, of 0.95 s.


def test_the_load_measures_within_its_window(provider: BenchProvider, tmp_path: Path) -> None:
    with nothing(provider, tmp_path) as target:
        seen = run_load(port=target.port, path=target.path, ramp_seconds=0.5, window_seconds=1.0)
    assert seen["seconds"] >= 1.0
    assert seen["chunks"] > 0
    assert len(seen["samples"]) == 2


def test_the_load_does_a_number_of_answers_and_ends(provider: BenchProvider, tmp_path: Path) -> None:
    with nothing(provider, tmp_path) as target:
        seen = run_load(port=target.port, path=target.path, streams=3, chunks=1000, rate=0, answers=30)
    assert (seen["answers"], seen["chunks"], seen["failures"]) == (30, 30_000, 0)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(b"HTTP/1.1 503 Busy\r\n\r\n3\r\n@@@\r\n0\r\n\r\n", id="status"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n2\r\n@@\r\n0\r\n\r\n", id="too few chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n3\r\n@@@\r\n", id="no end"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_failure(response: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_SECONDS)
        answering = threading.Thread(target=answer_once, args=(listener, response))
        answering.start()
        seen = run_load(port=listener.getsockname()[1], streams=1, chunks=3, rate=0, answers=1)
        answering.join(WAIT_SECONDS)
    assert (seen["answers"], seen["failures"]) == (1, 1)


def answer_once(listener: socket.socket, response: bytes) -> None:
    connected, _ = listener.accept()
    with connected:
        connected.recv(65536)
        connected.sendall(response)


def test_nginx_relays_the_provider(provider: BenchProvider, tmp_path: Path) -> None:
    if nginx_binary() is None:
        missing("nginx is not installed")
    with nginx(provider, tmp_path) as target:
        seen = run_load(port=target.port, streams=3, chunks=100, rate=0, answers=9, watched={"server": target.pids})
    assert (seen["chunks"], seen["failures"]) == (900, 0)
    assert seen["cpu"]["server"] > 0


def test_cpu_seconds_are_those_of_another_process() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        began_at, before = time.monotonic(), cpu_seconds([busy.pid])
        while cpu_seconds([busy.pid]) - before < 0.2 and time.monotonic() - began_at < WAIT_SECONDS:
            threading.Event().wait(0.01)
        spent = cpu_seconds([busy.pid]) - before
        busy.kill()
    assert 0.2 <= spent <= time.monotonic() - began_at


def test_a_percentile_of_nothing_is_nothing() -> None:
    assert (percentile([], 0.5), percentile([3.0, 1.0, 2.0], 0.5), percentile([1.0, 2.0], 1.0)) == (None, 2.0, 2.0)
