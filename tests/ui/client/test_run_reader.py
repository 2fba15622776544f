import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest

from tests.support.scripted_api import WAIT_SECONDS, ScriptedApi, ScriptedRun
from ui import events
from ui.client.api_client import ApiClient
from ui.client.mailbox import Connection, Entry, Mailbox
from ui.client.run_reader import MOST_PAUSE_SECONDS, RunReader, StreamExecutor, pause_seconds
from ui.errors import ApiRefused, ApiUnreachable, TooManyStreams
from ui.events import LoggedEvent
from ui.messages import RunRequest, RunToFollow

REQUEST = RunRequest("t1", "key-1", "Hi")


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as api:
        api.store.create({})
        yield api


@pytest.fixture
def client(api: ScriptedApi) -> Iterator[ApiClient]:
    client = ApiClient(api.url, None)
    yield client
    client.close()


@pytest.fixture
def executor() -> Iterator[StreamExecutor]:
    executor = StreamExecutor(4)
    yield executor
    executor.close()


async def next_run(api: ScriptedApi) -> ScriptedRun:
    return await asyncio.to_thread(api.next_run)


async def collect(reader: RunReader, run: RunRequest | RunToFollow = REQUEST) -> list[Entry]:
    return [entry async for entries in reader.read(run) for entry in entries]


def logged(entries: list[Entry]) -> list[LoggedEvent]:
    return [entry for entry in entries if isinstance(entry, LoggedEvent)]


def text(entries: list[Entry]) -> str:
    return "".join(entry.event.text for entry in logged(entries) if isinstance(entry.event, events.MessageDelta))


async def first_event(batches: AsyncGenerator[list[Entry], None]) -> LoggedEvent:
    async for entries in batches:
        for entry in logged(entries):
            return entry
    raise AssertionError("no event")


async def collect_when_free(reader: RunReader, run: RunRequest | RunToFollow = REQUEST) -> list[Entry]:
    """Read a run as soon as the executor takes it."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            try:
                return await collect(reader, run)
            except TooManyStreams:
                await asyncio.sleep(0.01)


async def test_a_run_is_read_to_its_end(api: ScriptedApi, client: ApiClient, executor: StreamExecutor) -> None:
    reading = asyncio.create_task(collect(RunReader(client, executor)))
    (await next_run(api)).start().text("a", "b").complete()
    entries = await reading
    assert entries[0] is Connection.OPEN
    assert [(entry.seq, entry.event.type) for entry in logged(entries) if entry.event] == [
        (1, "run.started"),
        (2, "message.delta"),
        (3, "message.delta"),
        (4, "run.completed"),
    ]


async def test_the_loop_is_free_while_the_api_is_silent(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    reading = asyncio.create_task(collect(RunReader(client, executor)))
    run = await next_run(api)
    turns = 0
    async with asyncio.timeout(WAIT_SECONDS):
        while turns < 1000:
            await asyncio.sleep(0)
            turns += 1
    assert not reading.done()
    run.complete()
    await reading


@pytest.mark.parametrize("cut", [ScriptedRun.abort, ScriptedRun.end])
async def test_a_cut_stream_goes_on_after_the_last_event(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor, cut: Callable[[ScriptedRun], ScriptedRun]
) -> None:
    reading = asyncio.create_task(collect(RunReader(client, executor)))
    run = (await next_run(api)).start().text("a", "b")
    for delta in "cdef":
        cut(run).text(delta)
    run.complete()
    entries = await reading
    assert [entry.seq for entry in logged(entries)] == [*range(1, 9)]
    assert text(entries) == "abcdef"
    assert Connection.CUT in entries
    assert len(api.store.runs) == 1


async def test_a_run_whose_outcome_is_unknown_is_found_by_its_key(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    api.refuse(502, "<h1>Bad Gateway</h1>")
    reading = asyncio.create_task(collect(RunReader(client, executor)))
    (await next_run(api)).start().text("once").complete()
    assert text(await reading) == "once"
    assert [path for _, path, _ in api.requests] == ["/threads/t1/runs"] * 2


async def test_a_run_is_followed_from_any_event_on(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    run = api.store.start("t1", {"content": "Hi"}, {}, 0.02).start().text("a", "b")
    reading = asyncio.create_task(collect(RunReader(client, executor), RunToFollow(run.run_id, 2)))
    await asyncio.sleep(0)
    run.text("c").complete()
    assert text(await reading) == "bc"
    assert await collect(RunReader(client, executor), RunToFollow(run.run_id, 5)) == []


async def test_a_busy_api_is_asked_again_for_a_run_but_not_to_start_one(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    busy = {"error": "Every slot is taken.", "code": "busy", "retryable": True, "request_id": "r"}
    run = api.store.start("t1", {"content": "Hi"}, {}, 0.02).start().complete()
    api.refuse(503, busy)
    assert len(logged(await collect(RunReader(client, executor), RunToFollow(run.run_id)))) == 2
    api.refuse(503, busy)
    with pytest.raises(ApiRefused):
        await collect(RunReader(client, executor))


def test_pauses_grow_and_are_never_the_same_for_everybody() -> None:
    assert all(0.15 <= pause_seconds(0) <= 0.25 for _ in range(50))
    assert all(3 <= pause_seconds(cuts) <= MOST_PAUSE_SECONDS for cuts in range(5, 500))
    assert len({pause_seconds(3) for _ in range(10)}) > 1


async def test_close_ends_the_stream_and_delivers_nothing_more(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    reader = RunReader(client, executor)
    batches = reader.read(REQUEST)
    pending = asyncio.ensure_future(first_event(batches))
    run = await next_run(api)
    run.text("first")
    assert await pending == LoggedEvent(1, events.MessageDelta("first"))
    reader.close()
    run.text("second")
    assert [entries async for entries in batches] == []
    assert await asyncio.to_thread(run.client_gone.wait, WAIT_SECONDS)


async def test_close_right_after_the_start_still_ends_the_stream(api: ScriptedApi, client: ApiClient) -> None:
    executor = StreamExecutor(1)
    over = api.store.start("t1", {"content": "Hi"}, {}, 0.02).complete()
    reader = RunReader(client, executor)
    reading = asyncio.create_task(collect(reader))
    await asyncio.sleep(0)
    reader.close()
    assert await reading == []
    assert logged(await collect_when_free(RunReader(client, executor), RunToFollow(over.run_id)))
    while not api.runs.empty():
        assert await asyncio.to_thread(api.runs.get().client_gone.wait, WAIT_SECONDS)
    executor.close()


async def test_leaving_the_loop_over_the_events_ends_the_stream(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    batches = RunReader(client, executor).read(REQUEST)
    pending = asyncio.ensure_future(first_event(batches))
    run = (await next_run(api)).text("first")
    await pending
    await batches.aclose()
    assert await asyncio.to_thread(run.client_gone.wait, WAIT_SECONDS)


async def test_a_full_executor_says_so_at_once(api: ScriptedApi, client: ApiClient) -> None:
    executor = StreamExecutor(1)
    first = asyncio.create_task(collect(RunReader(client, executor)))
    run = await next_run(api)
    run.start()
    with pytest.raises(TooManyStreams):
        await collect(RunReader(client, executor))
    run.complete()
    await first
    second = asyncio.create_task(collect_when_free(RunReader(client, executor), RunRequest("t1", "key-2", "Hi")))
    (await next_run(api)).complete()
    await second
    executor.close()


async def test_closing_the_executor_ends_every_run(api: ScriptedApi, client: ApiClient) -> None:
    executor = StreamExecutor(3)
    requests = [RunRequest(str(api.store.create({})["thread_id"]), f"key-{number}", "Hi") for number in range(3)]
    readings = [asyncio.create_task(collect(RunReader(client, executor), request)) for request in requests]
    runs = [await next_run(api) for _ in readings]
    executor.close()
    assert [logged(entries) for entries in await asyncio.gather(*readings)] == [[], [], []]
    assert all([await asyncio.to_thread(run.client_gone.wait, WAIT_SECONDS) for run in runs])


async def test_an_api_that_is_away_is_an_error(executor: StreamExecutor) -> None:
    with ScriptedApi() as gone:
        url = gone.url
    with pytest.raises(ApiUnreachable):
        await collect(RunReader(ApiClient(url, None), executor, start_seconds=0.3))


async def test_what_arrived_together_is_taken_together() -> None:
    mailbox = Mailbox(asyncio.get_running_loop())
    deltas = [LoggedEvent(number, events.MessageDelta("x")) for number in range(50)]
    writer = threading.Thread(target=lambda: [mailbox.put([delta]) for delta in deltas])
    writer.start()
    writer.join(WAIT_SECONDS)
    assert await mailbox.take() == deltas
    mailbox.close()
    assert await mailbox.take() == []


async def test_a_reader_far_ahead_of_the_page_waits() -> None:
    mailbox = Mailbox(asyncio.get_running_loop(), max_waiting=2)
    delta = LoggedEvent(1, events.MessageDelta("x"))
    writer = threading.Thread(target=lambda: [mailbox.put([delta]) for _ in range(10)])
    writer.start()
    taken: list[Entry] = []
    while len(taken) < 10:
        batch = await asyncio.wait_for(mailbox.take(), WAIT_SECONDS)
        assert len(batch) <= 2
        taken += batch
    writer.join(WAIT_SECONDS)
    assert not writer.is_alive()


async def test_a_closed_mailbox_frees_the_reader_that_waits() -> None:
    mailbox = Mailbox(asyncio.get_running_loop(), max_waiting=1)
    results: list[bool] = []
    writer = threading.Thread(
        target=lambda: results.extend(mailbox.put([LoggedEvent(1, events.MessageDelta("x"))]) for _ in range(2))
    )
    writer.start()
    mailbox.discard()
    await asyncio.to_thread(writer.join, WAIT_SECONDS)
    assert not writer.is_alive()
    assert results[-1] is False
    assert await mailbox.take() == []
