"""What `make run` does: the Procfile under honcho, with the real embedded model, from start to Ctrl-C."""

import contextlib
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator

import psutil
import pytest
import requests
from playwright.sync_api import expect

from tests.support.browser import Visit
from tests.support.processes import BIN, ROOT, WAIT_SECONDS, Server, clean_environment, free_port, wait_for
from tests.support.stack import Chat

QUESTION = {"thread_id": "t", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """The product under honcho, and the page's address."""
    folder = tmp_path_factory.mktemp("honcho")
    port = free_hundreds()
    settings = {"API_URL": f"http://127.0.0.1:{port}", "MODEL_PORT": port + 200, "DRAIN_SECONDS": 2}
    settings["DATABASE_URL"] = f"sqlite:///{folder}/decant.db"
    command = [str(BIN / "honcho"), "start", "-p", str(port), "api", "ui", "model"]
    server = Server(command, clean_environment(**settings), port, folder / "honcho.log")
    processes = []
    try:
        server.wait_until_healthy()
        yield server, f"http://127.0.0.1:{port + 100}"
    finally:
        processes = tree(server.process.pid)
        server.stop()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def free_hundreds() -> int:
    """Return a port that nothing listens on, nor on those a hundred and two hundred above: api, ui and model."""
    while True:
        port = free_port()
        with contextlib.suppress(OSError), contextlib.ExitStack() as listeners:
            for above in (100, 200):
                listeners.enter_context(socket.create_server(("127.0.0.1", port + above)))
            return port


def tree(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def answers(url: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(url, timeout=5).ok
    return False


@pytest.mark.browser
def test_a_person_chats_with_the_embedded_model(product: tuple[Server, str], visit: Visit) -> None:
    server, page = product
    wait_for(lambda: answers(f"{server.url}/ready") and answers(f"{page}/health"), what="the product")
    chat = Chat(visit.page, page)
    chat.send("Say hello in five words.")
    wait_for(lambda: len(chat.answer.inner_text().strip()) > 3, what="an answer")
    chat.wait_until_done()
    expect(chat.answers.last).to_contain_text("tokens")  # Of a very short answer there is no pace.


def test_it_answers_says_where_the_page_is_and_leaves_no_process_behind(product: tuple[Server, str]) -> None:
    """Comes last: it ends what the others use."""
    server, page = product
    wait_for(lambda: answers(f"{server.url}/ready"), what="the embedded model")
    wait_for(lambda: answers(f"{page}/health"), what="the page")
    with requests.post(f"{server.url}/stream", json=QUESTION, stream=True, timeout=WAIT_SECONDS) as response:
        pieces = list(response.iter_content(None))
    assert len(pieces) > 3, "a real answer comes in pieces"
    assert b"".join(pieces).decode().strip()
    assert page in server.logged() or page.replace("127.0.0.1", "localhost") in server.logged()

    processes = tree(server.process.pid)
    assert len(processes) >= 3
    server.process.send_signal(signal.SIGINT)
    server.process.wait(WAIT_SECONDS)
    _, alive = psutil.wait_procs(processes, timeout=WAIT_SECONDS)
    assert not alive, f"left behind: {[process.cmdline() for process in alive]}"
    assert "Traceback" not in server.logged()


@pytest.mark.parametrize(
    ("role", "sentence"),
    [("", "set APP_ROLE to api or ui"), ("api", "Set API_TOKEN"), ("ui", "UI_PASSWORD")],
)
def test_the_web_process_dispatches_on_its_role_and_refuses_unsafe_defaults(role: str, sentence: str) -> None:
    web = next(line for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if line.startswith("web:"))
    shell = shutil.which("bash") or "/bin/sh"
    environment = clean_environment(APP_ROLE=role, PORT=free_port())
    done = subprocess.run(
        [shell, "-c", web.removeprefix("web:")],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
