import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from nicegui import core
from nicegui.testing import user_simulation

from tests.support.scripted_api import WAIT_SECONDS, ScriptedApi
from ui.client.api_client import ApiClient, ModelList
from ui.client.api_watch import ApiWatch
from ui.errors import ApiRefused, ApiUnreachable


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as api:
        yield api


@pytest.fixture
async def watch(api: ScriptedApi) -> AsyncIterator[ApiWatch]:
    async with user_simulation():
        assert core.loop
        yield ApiWatch(ApiClient(api.url, None), pauses_seconds=(0.02, 0.05))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_models_are_asked_for_once_for_all_pages(api: ScriptedApi, watch: ApiWatch) -> None:
    results = await asyncio.gather(*(watch.models() for _ in range(20)))
    assert set(results) == {ModelList(("scripted",), "scripted")}
    assert len(api.requests) == 1


async def test_observers_hear_that_the_api_went_and_came_back(api: ScriptedApi, watch: ApiWatch) -> None:
    heard: list[bool] = []
    watch.subscribe(lambda: heard.append(watch.is_away))
    api.hang_up()
    with pytest.raises(ApiUnreachable):
        await watch.models()
    assert heard == [True]
    watch.report_away()
    api.listen()
    await until(lambda: not watch.is_away)
    assert heard == [True, False]
    assert (await watch.models()).names == ("scripted",)


async def test_an_api_that_is_back_is_asked_for_its_models_again(api: ScriptedApi, watch: ApiWatch) -> None:
    await watch.models()
    api.models = {"models": [{"name": "new"}], "default": "new"}
    watch.report_away()
    await until(lambda: not watch.is_away)
    assert (await watch.models()).names == ("new",)


async def test_an_api_that_is_away_is_not_asked_by_every_page(api: ScriptedApi, watch: ApiWatch) -> None:
    watch.report_away()
    with pytest.raises(ApiUnreachable):
        await watch.models()
    assert [path for _, path, _ in api.requests if path == "/models"] == []


async def test_who_left_hears_nothing(watch: ApiWatch) -> None:
    heard: list[bool] = []

    def hear() -> None:
        heard.append(watch.is_away)

    watch.subscribe(hear)
    watch.unsubscribe(hear)
    watch.report_away()
    assert heard == []


async def test_a_refusal_is_not_an_absence(api: ScriptedApi, watch: ApiWatch) -> None:
    api.refuse(401, {"error": "The access token is wrong.", "code": "unauthorized", "request_id": "r"})
    with pytest.raises(ApiRefused):
        await watch.models()
    assert not watch.is_away
