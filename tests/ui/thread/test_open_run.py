"""The life of one run, told to an observer; a scripted API on a real socket, no page."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from tests.support.scripted_api import WAIT_SECONDS, ScriptedApi, ScriptedRun
from ui.client.api_client import ApiClient
from ui.client.api_watch import ApiWatch
from ui.client.backend import Backend
from ui.client.run_reader import StreamExecutor
from ui.errors import ApiRefused, PageError
from ui.messages import RunRequest, Status
from ui.thread.open_run import OpenRun, sentence_of
from ui.thread.state import Asked, ChatState
from ui.thread.stored_messages import StoredMessages

BUSY = {"error": "Every slot is taken.", "code": "busy", "retryable": True, "request_id": "r"}


@dataclass
class Observer:
    """Writes down what it is told; changes are not counted."""

    told: list[str] = field(default_factory=list)

    def on_run_change(self) -> None: ...

    def on_run_start(self) -> None:
        self.told.append("start")

    def on_run_elsewhere(self, thread_id: str) -> None:
        self.told.append(f"elsewhere {thread_id}")

    def on_run_refuse(self, run: OpenRun, asked: Asked, error: PageError) -> None:
        self.told.append(f"refuse {asked.question.text if asked.question else None}: {sentence_of(error)}")

    def on_run_end(self, run: OpenRun) -> None:
        self.told.append("end")


@dataclass
class Opened:
    """One thread's state, the run that was asked for in it, and who is told."""

    api: ScriptedApi
    backend: Backend
    state: ChatState = field(default_factory=lambda: ChatState(thread_id="t1"))
    observer: Observer = field(default_factory=Observer)

    def ask(self, key: str = "key") -> tuple[OpenRun, "asyncio.Task[None]"]:
        asked = self.state.ask("Why?")
        run = OpenRun(self.backend, self.state, StoredMessages(self.backend, self.state), asked.answer, self.observer)

        async def request() -> RunRequest:
            return RunRequest("t1", key, "Why?")

        return run, asyncio.create_task(run.read(request))

    async def next_run(self) -> ScriptedRun:
        return await asyncio.to_thread(self.api.next_run)


@pytest.fixture
def opened() -> Iterator[Opened]:
    with ScriptedApi() as api, ThreadPoolExecutor(2) as calls:
        api.store.create({})
        client, executor = ApiClient(api.url, None), StreamExecutor(2)
        yield Opened(api, Backend(client, ApiWatch(client), executor, calls, time.monotonic, time.time))
        executor.close()
        client.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_run_is_told_from_its_start_to_its_end(opened: Opened) -> None:
    run, reading = opened.ask()
    (await opened.next_run()).start().text("Be", "cause").complete()
    await reading
    assert opened.observer.told == ["start", "end"]
    assert (run.answer.text, run.answer.status) == ("Because", Status.COMPLETED)


async def test_what_is_refused_is_withdrawn(opened: Opened) -> None:
    opened.api.refuse(503, BUSY, path_end="/runs", Retry_After="5")
    _, reading = opened.ask()
    await reading
    assert opened.observer.told == ["refuse Why?: Every slot is taken. Try again in 5 s."]
    assert (opened.state.messages, opened.state.is_running) == ([], False)


async def test_a_request_that_cannot_be_made_is_refused_too(opened: Opened) -> None:
    asked = opened.state.ask("Why?")
    stored = StoredMessages(opened.backend, opened.state)

    async def request() -> RunRequest:
        raise ApiRefused("No.", status=400, code="bad_request", is_retryable=False)

    await OpenRun(opened.backend, opened.state, stored, asked.answer, opened.observer).read(request)
    assert opened.observer.told == ["refuse Why?: No."]


async def test_a_run_that_the_key_has_started_in_another_thread_is_elsewhere(opened: Opened) -> None:
    other = str(opened.api.store.create({})["thread_id"])
    opened.api.store.start(other, {"content": "Why?"}, {"Idempotency-Key": "key"}, 0.02).start().complete()
    _, reading = opened.ask("key")
    await reading
    assert opened.observer.told == [f"elsewhere {other}"]


async def test_a_run_is_cancelled_as_soon_as_it_has_an_id(opened: Opened) -> None:
    run, reading = opened.ask()
    cancelling = asyncio.create_task(run.cancel())
    scripted = await opened.next_run()
    assert not cancelling.done()
    scripted.start()
    await asyncio.gather(cancelling, reading)
    assert (scripted.cancelled.is_set(), run.answer.status) == (True, Status.CANCELLED)


async def test_cancelling_what_is_refused_ends(opened: Opened) -> None:
    opened.api.refuse(503, BUSY, path_end="/runs")
    run, reading = opened.ask()
    await asyncio.wait_for(asyncio.gather(run.cancel(), reading), WAIT_SECONDS)
    assert [path for _, path, _ in opened.api.requests] == ["/threads/t1/runs"]


async def test_after_close_nothing_is_told_and_the_run_goes_on(opened: Opened) -> None:
    run, reading = opened.ask()
    scripted = (await opened.next_run()).start()
    await until(lambda: opened.observer.told == ["start"])
    run.close()
    await asyncio.wait_for(reading, WAIT_SECONDS)
    assert await asyncio.to_thread(scripted.client_gone.wait, WAIT_SECONDS)
    assert (opened.observer.told, scripted.cancelled.is_set()) == (["start"], False)


async def test_a_run_that_is_lost_fails_here_only(opened: Opened) -> None:
    run, reading = opened.ask()
    scripted = (await opened.next_run()).start().text("Half")
    await until(lambda: run.answer.text == "Half")
    opened.api.refuse(
        404, {"error": "There is no such run.", "code": "not_found", "request_id": "r9"}, path_end="/events"
    )
    scripted.abort()
    await reading
    assert opened.observer.told == ["start", "end"]
    assert run.answer.failure
    assert (run.answer.status, run.answer.failure.is_local, run.answer.failure.request_id) == (
        Status.FAILED,
        True,
        "r9",
    )
