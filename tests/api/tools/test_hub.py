"""The hub with real servers as processes: over pipes and HTTP, dead, slow, hanging and dying ones."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from api.errors import NotFound
from api.tool_calls import ToolAnswer, ToolServer
from api.tools.hub import ToolHub
from api.tools.servers import McpServer, example_server
from tests.support.processes import ROOT, WAIT_SECONDS, free_port, wait_for

MODULE = "tests.support.tool_server"
STALE = "tests.support.stale_tool_server"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def hub(notes: Path, request: pytest.FixtureRequest) -> Iterator[ToolHub]:
    hub = ToolHub((scripted(notes, **getattr(request, "param", {})),))
    hub.start()
    yield hub
    hub.close()


def scripted(notes: Path, **fields: object) -> McpServer:
    environment = {"NOTE": str(notes)}
    return McpServer("s", command=sys.executable, args=("-m", MODULE), env=environment, cwd=str(ROOT), **fields)


def state(hub: ToolHub, name: str = "s") -> ToolServer:
    return next(server for server in hub.servers() if server.name == name)


def wait_ready(hub: ToolHub, name: str = "s") -> None:
    wait_for(lambda: state(hub, name).status == "ready", what=f"{name} to be ready: {state(hub, name)}")


def start(hub: ToolHub, tool: str, on_progress=lambda *told: None, **arguments: object):
    found = next(offered for offered in hub.offered() if offered.name == tool)
    return hub.call(found, arguments, on_progress)


def call(hub: ToolHub, tool: str, **arguments: object) -> ToolAnswer:
    return start(hub, tool, **arguments).result(WAIT_SECONDS)


def said(answer: ToolAnswer) -> str:
    return str(answer.content[0]["text"])


def children() -> list[psutil.Process]:
    return [process for process in psutil.Process().children(recursive=True) if is_of_server(process)]


def is_of_server(process: psutil.Process) -> bool:
    try:
        return any(MODULE in word for word in process.cmdline())
    except psutil.NoSuchProcess:  # Also a zombie.
        return False


def test_a_server_is_ready_with_its_tools_and_answers(hub: ToolHub) -> None:
    wait_ready(hub)
    assert state(hub).protocol_version == "2026-07-28"
    assert [tool.name for tool in state(hub).tools] == [
        "echo",
        "linger",
        "slow",
        "die",
        "large",
        "pieces",
        "numbers",
        "invite",
        "fail",
        "links",
    ]
    assert call(hub, "echo", text="héllo") == ToolAnswer(
        ({"type": "text", "text": "héllo"}, {"type": "structured", "value": {"result": "héllo"}})
    )


def test_a_failing_tool_is_an_answer(hub: ToolHub) -> None:
    wait_ready(hub)
    assert call(hub, "fail").is_error


def test_the_example_tells_calculates_and_searches() -> None:
    hub = ToolHub((example_server(),))
    hub.start()
    try:
        wait_ready(hub, "example")
        assert said(call(hub, "calculate", expression="(2 + 3) * 4")) == "20"
        assert "cannot be calculated" in said(call(hub, "calculate", expression="1/0"))
        assert "understood" in said(call(hub, "calculate", expression="2**9999"))
        assert said(call(hub, "time")).startswith("20")
        assert "Decant" in said(call(hub, "search_readme", query="decant"))
    finally:
        hub.close()


def test_dead_and_hanging_servers_say_why_and_hold_up_nobody(notes: Path) -> None:
    hub = ToolHub(
        (
            McpServer("absent", command="no-such-command"),
            McpServer("refused", url=f"http://127.0.0.1:{free_port()}/mcp"),
            McpServer("hanging", command="sleep", args=("1000",)),
            scripted(notes),
        )
    )
    hub.start()
    try:
        wait_ready(hub)
        assert "no-such-command" in wait_for(lambda: state(hub, "absent").error)
        assert "Nothing answers" in wait_for(lambda: state(hub, "refused").error)
        assert state(hub, "hanging").status == "connecting"
        assert "10 seconds" in wait_for(lambda: state(hub, "hanging").error)
    finally:
        hub.close()


def test_a_server_that_died_while_idle_loses_no_call(hub: ToolHub, notes: Path) -> None:
    wait_ready(hub)
    killed = children()
    for child in killed:
        child.kill()
    psutil.wait_procs(killed, timeout=WAIT_SECONDS)
    assert said(call(hub, "echo", text="again")) == "again"
    assert notes.read_text().splitlines() == ["echo again"]


def test_a_server_that_dies_in_a_call_is_not_called_again(hub: ToolHub, notes: Path) -> None:
    wait_ready(hub)
    answer = call(hub, "die")
    assert answer.is_error
    assert "not called again" in said(answer)
    assert said(call(hub, "echo", text="after")) == "after"
    assert notes.read_text().splitlines() == ["die", "echo after"]


@pytest.mark.parametrize("hub", [{"silence_seconds": 1.0}], indirect=True)
def test_progress_keeps_a_call_alive_and_silence_ends_it(hub: ToolHub, notes: Path) -> None:
    wait_ready(hub)
    heard: list[tuple] = []
    lively = start(hub, "slow", lambda *told: heard.append(told), seconds=3, every=0.4)
    silent = start(hub, "slow", seconds=30, every=30)
    assert "silent for 1 seconds" in said(silent.result(WAIT_SECONDS))
    wait_for(lambda: "slow cancelled" in notes.read_text(), what="the server to hear of it")
    assert said(lively.result(WAIT_SECONDS)) == "done"
    assert heard[0] == (1, None, "step 1")
    assert len(heard) >= 5


def test_a_cancel_reaches_the_server(hub: ToolHub, notes: Path) -> None:
    wait_ready(hub)
    running = start(hub, "slow", seconds=30, every=30)
    wait_for(lambda: notes.exists() and "slow began" in notes.read_text(), what="the call")
    running.cancel()
    wait_for(lambda: "slow cancelled" in notes.read_text(), what="the server to hear of it")
    with pytest.raises(CancelledError):
        running.result(1)


def test_a_huge_result_is_cut_and_says_so(hub: ToolHub) -> None:
    wait_ready(hub)
    text = said(call(hub, "large", chars=6_000_000))
    assert len(text) < 410_000
    assert "left out" in text


@pytest.mark.parametrize("arguments", [{"tool": "pieces", "count": 200_000}, {"tool": "large", "chars": 20_000_000}])
def test_a_result_that_would_hold_up_everybody_is_not_read(hub: ToolHub, arguments: dict) -> None:
    wait_ready(hub)
    answer = call(hub, **arguments)
    assert answer.is_error
    assert "too long, or has too many pieces" in said(answer)
    assert said(call(hub, "echo", text="still here")) == "still here"


def test_a_result_that_cannot_be_kept_whole_keeps_its_text(hub: ToolHub) -> None:
    wait_ready(hub)
    answer = call(hub, "numbers")
    assert (said(answer), answer.is_error) == ("many", False)


def test_a_list_that_is_fresh_for_a_moment_is_read_anew_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.tools.listing.LEAST_FRESH_SECONDS", 0.2)
    hub = ToolHub((McpServer("s", command=sys.executable, args=("-m", STALE), cwd=str(ROOT)),))
    hub.start()
    wait_for(lambda: [tool.name for tool in hub.offered()] == ["listed 3"], what="the third list")
    hub.close()


def test_a_hundred_calls_at_once_are_answered(hub: ToolHub) -> None:
    wait_ready(hub)
    running = [start(hub, "echo", text=str(number)) for number in range(100)]
    assert [said(one.result(WAIT_SECONDS)) for one in running] == [str(number) for number in range(100)]


def test_closing_ends_every_process_of_a_server(hub: ToolHub) -> None:
    wait_ready(hub)
    found = children()
    hub.close()
    assert found
    assert psutil.wait_procs(found, timeout=1)[1] == []


def test_reconnecting_to_a_server_that_is_not_there_is_refused(hub: ToolHub) -> None:
    wait_ready(hub)
    with pytest.raises(NotFound):
        hub.reconnect("other")
    before = children()
    hub.reconnect("s")
    wait_for(lambda: children() and not set(before) & set(children()), what="another process")
    wait_ready(hub)


def test_a_result_over_http_that_would_hold_up_everybody_is_not_read(notes: Path) -> None:
    port = free_port()
    process = _http_server(port, notes)
    hub = ToolHub((McpServer("s", url=f"http://127.0.0.1:{port}/mcp"),))
    hub.start()
    try:
        wait_ready(hub)
        for arguments in ({"tool": "pieces", "count": 200_000}, {"tool": "large", "chars": 20_000_000}):
            answer = call(hub, **arguments)
            assert answer.is_error
            assert len(said(answer)) < 500
            assert said(call(hub, "echo", text="still here")) == "still here"
    finally:
        hub.close()
        process.kill()
        process.wait()


def test_an_http_server_that_restarts_is_called_once_more_and_answers(notes: Path) -> None:
    port = free_port()
    hub = ToolHub((McpServer("s", url=f"http://127.0.0.1:{port}/mcp"),))
    hub.start()
    process = _http_server(port, notes)
    try:
        wait_ready(hub)
        assert said(call(hub, "echo", text="one")) == "one"
        process.kill()
        process.wait()
        assert call(hub, "echo", text="two").is_error
        process = _http_server(port, notes)
        wait_for(lambda: not call(hub, "echo", text="three").is_error, what="the new process to answer")
        assert notes.read_text().splitlines() == ["echo one", "echo three"]
    finally:
        hub.close()
        process.kill()
        process.wait()


def test_a_server_that_ends_at_once_is_not_started_again_and_again(notes: Path) -> None:
    environment = {"NOTE": str(notes)}
    hub = ToolHub(
        (McpServer("s", command=sys.executable, args=("-m", MODULE, "brief"), env=environment, cwd=str(ROOT)),)
    )
    hub.start()
    try:
        wait_for(lambda: notes.exists() and len(notes.read_text().splitlines()) >= 2, what="the second start")
        threading.Event().wait(1.5)  # The pause before the third is two seconds.
        assert len(notes.read_text().splitlines()) == 2
    finally:
        hub.close()


def test_a_call_while_a_server_is_connected_to_again_waits_for_it(hub: ToolHub) -> None:
    wait_ready(hub)
    for _ in range(3):
        hub.reconnect("s")
        assert said(call(hub, "echo", text="late")) == "late"


def test_a_server_that_wants_a_token_says_so() -> None:
    with _refusing() as url:
        hub = ToolHub((McpServer("s", url=url),))
        hub.start()
        try:
            wait_for(lambda: state(hub).status != "connecting", what="an outcome")
            assert (state(hub).status, "headers" in state(hub).error) == ("needs_token", True), state(hub)
        finally:
            hub.close()


def test_nothing_is_started_without_servers() -> None:
    hub = ToolHub(())
    hub.start()
    assert hub.servers() == ()
    hub.close()


def test_a_server_that_ignores_everything_dies_with_a_killed_worker(notes: Path) -> None:
    script = (
        "import sys, time\n"
        "from api.tools.hub import ToolHub\n"
        "from api.tools.servers import McpServer\n"
        f"ToolHub((McpServer('s', command=sys.executable, args=('-m', '{MODULE}', 'stubborn')),)).start()\n"
        "time.sleep(1000)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)

    def started() -> list[psutil.Process]:
        return [child for child in psutil.Process(worker.pid).children(recursive=True) if is_of_server(child)]

    found = wait_for(lambda: len(started()) == 2 and started(), what="the server's process, and what stands before it")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert psutil.wait_procs(found, timeout=WAIT_SECONDS)[1] == []


@contextmanager
def _refusing() -> Iterator[str]:
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()


def _http_server(port: int, notes: Path) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE, "http", str(port)], cwd=ROOT, env={**os.environ, "NOTE": str(notes)}
    )

    def listens() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    wait_for(listens, what="the HTTP server")
    return process
