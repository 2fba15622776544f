import asyncio
import threading
from collections.abc import Iterator

import pytest

from tests.ui.scripted_api import WAIT_SECONDS, ScriptedApi, ScriptedRun
from ui import events
from ui.api_client import ApiClient
from ui.errors import ApiUnreachable, StreamTruncated, TooManyStreams
from ui.messages import RequestMessage, RunRequest
from ui.run_reader import Mailbox, RunReader, StreamExecutor

REQUEST = RunRequest("t", (RequestMessage("user", "Hi"),))


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as api:
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


async def collect(reader: RunReader) -> list[events.Event]:
    return [event async for batch in reader.read(REQUEST) for event in batch]


async def until_idle(executor: StreamExecutor) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while executor.open_streams:
            await asyncio.sleep(0.01)


async def test_a_run_is_read_to_its_end(api: ScriptedApi, client: ApiClient, executor: StreamExecutor) -> None:
    reading = asyncio.create_task(collect(RunReader(client, executor)))
    (await next_run(api)).start().text("a", "b").complete()
    assert [event.type for event in await reading] == ["run.started", "message.delta", "message.delta", "run.completed"]
    await until_idle(executor)


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


async def test_a_truncated_stream_delivers_its_text_and_then_says_so(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    seen: list[events.Event] = []

    async def read() -> None:
        async for batch in RunReader(client, executor).read(REQUEST):
            seen.extend(batch)

    reading = asyncio.create_task(read())
    (await next_run(api)).text("half").abort()
    with pytest.raises(StreamTruncated):
        await reading
    assert seen == [events.MessageDelta("half")]


async def test_cancel_closes_the_api_s_stream_within_a_second_and_delivers_nothing_more(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    reader = RunReader(client, executor)
    batches = reader.read(REQUEST)
    pending = asyncio.ensure_future(anext(batches))
    run = await next_run(api)
    run.text("first")
    assert await pending == [events.MessageDelta("first")]
    reader.cancel()
    run.text("second")
    assert [batch async for batch in batches] == []
    assert await asyncio.to_thread(run.client_gone.wait, 1.0)
    await until_idle(executor)


async def test_cancel_right_after_the_start_still_reaches_the_api(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    reader = RunReader(client, executor)
    reading = asyncio.create_task(collect(reader))
    await asyncio.sleep(0)
    reader.cancel()
    assert await reading == []
    await until_idle(executor)
    while not api.runs.empty():
        assert await asyncio.to_thread(api.runs.get().client_gone.wait, 1.0)


async def test_leaving_the_loop_over_the_events_cancels(
    api: ScriptedApi, client: ApiClient, executor: StreamExecutor
) -> None:
    batches = RunReader(client, executor).read(REQUEST)
    pending = asyncio.ensure_future(anext(batches))
    run = (await next_run(api)).text("first")
    await pending
    await batches.aclose()
    assert await asyncio.to_thread(run.client_gone.wait, 1.0)


async def test_a_full_executor_says_so_at_once(api: ScriptedApi, client: ApiClient) -> None:
    executor = StreamExecutor(1)
    first = asyncio.create_task(collect(RunReader(client, executor)))
    run = await next_run(api)
    with pytest.raises(TooManyStreams):
        await collect(RunReader(client, executor))
    run.complete()
    await first
    await until_idle(executor)
    second = asyncio.create_task(collect(RunReader(client, executor)))
    (await next_run(api)).complete()
    await second
    executor.close()


async def test_closing_the_executor_ends_every_run(api: ScriptedApi, client: ApiClient) -> None:
    executor = StreamExecutor(3)
    readings = [asyncio.create_task(collect(RunReader(client, executor))) for _ in range(3)]
    runs = [await next_run(api) for _ in readings]
    executor.close()
    assert await asyncio.gather(*readings) == [[], [], []]
    assert all([await asyncio.to_thread(run.client_gone.wait, 1.0) for run in runs])


async def test_an_api_that_is_away_is_an_error(executor: StreamExecutor) -> None:
    with ScriptedApi() as gone:
        url = gone.url
    with pytest.raises(ApiUnreachable):
        await collect(RunReader(ApiClient(url, None), executor))


async def test_what_arrived_together_is_taken_together() -> None:
    mailbox = Mailbox(asyncio.get_running_loop())
    deltas = [events.MessageDelta(str(number)) for number in range(50)]
    writer = threading.Thread(target=lambda: [mailbox.put([delta]) for delta in deltas])
    writer.start()
    writer.join(WAIT_SECONDS)
    assert await mailbox.take() == deltas
    mailbox.close()
    assert await mailbox.take() == []


async def test_a_reader_far_ahead_of_the_page_waits() -> None:
    mailbox = Mailbox(asyncio.get_running_loop(), max_waiting=2)
    delta = events.MessageDelta("x")
    writer = threading.Thread(target=lambda: [mailbox.put([delta]) for _ in range(10)])
    writer.start()
    taken: list[events.Event] = []
    while len(taken) < 10:
        batch = await asyncio.wait_for(mailbox.take(), WAIT_SECONDS)
        assert len(batch) <= 2
        taken += batch
    writer.join(WAIT_SECONDS)
    assert not writer.is_alive()


async def test_a_closed_mailbox_frees_the_reader_that_waits() -> None:
    mailbox = Mailbox(asyncio.get_running_loop(), max_waiting=1)
    results: list[bool] = []
    writer = threading.Thread(target=lambda: results.extend(mailbox.put([events.MessageDelta("x")]) for _ in range(2)))
    writer.start()
    mailbox.discard()
    await asyncio.to_thread(writer.join, WAIT_SECONDS)
    assert not writer.is_alive()
    assert results[-1] is False
    assert await mailbox.take() == []
