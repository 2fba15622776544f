"""Whatever one person has streamed, stored, opened and imported, another's page is answered, and no turn is long."""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import pytest
import requests

from tests.support.browser import Visit
from tests.support.hostile_texts import HOSTILE
from tests.support.hub_watch import HubHolds
from tests.support.page_socket import see
from tests.support.processes import WAIT_SECONDS, Server, running_api, running_ui
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.stack import MODEL, Chat, Stack

PATHS = ("/", "/t/{}")
END = "the-very-end"
# The others are streamed in tests/ui/elements/test_loop_holds.py, without a browser, which takes long over them.
STREAMED = ("spaces in a language with a slow lexer", "formulas", "quotes", "emphasis")
LONG = "A paragraph with some *words* and `code` in it.\n\n" * 40_000
DEEP = b'{"messages":[' + b"[]," * 9_900_000 + b"0]}"


@dataclass
class Watched:
    """The three processes, and what has held two of them."""

    stack: Stack
    holds: dict[str, HubHolds]
    small: str = ""
    slow: list[float] = field(default_factory=list)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    holds = {name: HubHolds(folder / f"{name}-holds") for name in ("api", "page")}
    with (
        ScriptedProvider() as provider,
        running_api(
            folder,
            "tests.support.hub_watch:create_app()",
            OPENAI_BASE_URL=provider.base_url,
            LLM_MODEL=MODEL,
            HOLDS_FILE=holds["api"].path,
            PYTHONPATH=".",
        ) as api,
        running_ui(folder, "tests.support.watched_page", API_URL=api.url, HOLDS_FILE=holds["page"].path) as page,
    ):
        watched = Watched(Stack(provider, api, page), holds)
        watched.small = imported(page, "small", "A word.")
        yield watched
        assert "Traceback" not in api.logged() + page.logged()


@pytest.fixture
def is_held_for_nobody(watched: Watched) -> Iterator[None]:
    """Let one person do what a test does, while another one looks at their page; what is loaded once is loaded."""
    see(watched.stack.ui.url, f"/t/{watched.small}", "A word.")
    for holds in watched.holds.values():
        holds.forget()
    with another(watched):
        yield
    assert {name: holds.too_long() for name, holds in watched.holds.items()} == {"api": [], "page": []}


@contextmanager
def another(watched: Watched) -> Iterator[None]:
    stop = threading.Event()
    failures: list[str] = []
    url = watched.stack.ui.url

    def look() -> None:
        with requests.Session() as session:
            for number in itertools.count():
                if stop.wait(0.02):
                    return
                # Each page that is opened lives on for a while, and is work for the collector of garbage.
                path = PATHS[number // 50 % len(PATHS)] if number % 50 == 0 else "/health"
                began = time.monotonic()
                answered = session.get(url + path.format(watched.small), timeout=WAIT_SECONDS)
                watched.slow.append(time.monotonic() - began)
                if answered.status_code != 200:
                    failures.append(f"{path}: {answered.status_code}")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert failures == []


def exported(title: str, text: str) -> bytes:
    messages = [
        {"message_id": "q", "parent_id": None, "role": "user", "parts": [{"type": "text", "text": "Say it."}]},
        {"message_id": "a", "parent_id": "q", "role": "assistant", "parts": [{"type": "text", "text": text}]},
    ]
    return json.dumps({"title": title, "messages": messages}).encode()


def imported(ui: Server, title: str, text: str) -> str:
    headers = {"Content-Type": "application/json"}
    response = requests.post(f"{ui.url}/import", exported(title, text), headers=headers, timeout=WAIT_SECONDS)
    assert response.status_code == 201, response.text
    return str(response.json()["thread_id"])


@pytest.mark.parametrize("name", [*HOSTILE, "2 MB"])
@pytest.mark.usefixtures("is_held_for_nobody")
def test_a_text_is_imported_and_opened(watched: Watched, name: str) -> None:
    url = watched.stack.ui.url
    see(url, "/t/" + imported(watched.stack.ui, name, HOSTILE.get(name, LONG) + f"\n\n{END}\n"), END)


@pytest.mark.browser
@pytest.mark.parametrize("name", STREAMED)
@pytest.mark.usefixtures("is_held_for_nobody")
def test_a_text_is_streamed_and_stored(visit: Visit, watched: Watched, name: str) -> None:
    watched.stack.script(Scenario(text=f"{HOSTILE[name]}\n\n{END}\n", chunk_chars=400))
    chat = Chat(visit.page, watched.stack.ui.url)
    chat.send("Say it.")
    chat.expect_answer(END)
    chat.wait_until_done()
    assert visit.errors == []


@pytest.mark.usefixtures("is_held_for_nobody")
def test_a_file_of_30_mb_is_read_in_another_process(watched: Watched) -> None:
    process = psutil.Process(watched.stack.ui.process.pid)
    before = process.cpu_times().user
    began = time.process_time()
    json.loads(DEEP)
    decoding = time.process_time() - began
    headers = {"Content-Type": "application/json"}
    response = requests.post(f"{watched.stack.ui.url}/import", DEEP, headers=headers, timeout=WAIT_SECONDS)
    assert response.status_code == 400
    assert process.cpu_times().user - before < decoding / 2
