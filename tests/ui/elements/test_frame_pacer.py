"""Frames of many elements share the event loop."""

import asyncio
import time
from collections.abc import Callable

import pytest

from ui.elements.frame_pacer import FramePacer


def busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def repeated(pacer: FramePacer, drawn: list[int], number: int) -> Callable[[], None]:
    """Return a frame that takes 5 ms and asks for the next one."""

    def frame() -> None:
        drawn.append(number)
        busy(0.005)
        pacer.request(frame)

    return frame


async def test_drawing_leaves_the_loop_to_others_and_nobody_starves() -> None:
    pacer, drawn, started = FramePacer(share=0.5), list[int](), time.perf_counter()
    for number in range(5):
        pacer.request(repeated(pacer, drawn, number))
    while len(drawn) < 10 and time.perf_counter() - started < 10:
        await asyncio.sleep(0.1)
    assert len(drawn) * 0.005 <= 0.75 * (time.perf_counter() - started)
    assert drawn[:10] == [0, 1, 2, 3, 4] * 2


async def test_a_frame_comes_at_once_or_after_its_delay() -> None:
    pacer, at, started = FramePacer(), list[float](), time.perf_counter()
    pacer.request(lambda: at.append(time.perf_counter() - started))
    pacer.request(lambda: at.append(time.perf_counter() - started), 0.05)
    await asyncio.sleep(0.2)
    assert at[0] < 0.04 < at[1]


async def test_the_loop_has_its_rest_also_when_nobody_waits_for_it() -> None:
    pacer, at = FramePacer(share=0.1), list[float]()
    pacer.request(lambda: busy(0.01))
    await asyncio.sleep(0.02)
    started = time.perf_counter()
    pacer.request(lambda: at.append(time.perf_counter() - started))
    await asyncio.sleep(0.2)
    assert at[0] > 0.04


async def test_a_frame_that_fails_does_not_stop_the_others() -> None:
    pacer, drawn, problems = FramePacer(), list[str](), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context["exception"]))
    pacer.request(lambda: pytest.fail("a defect"))
    pacer.request(lambda: drawn.append("second"))
    await asyncio.sleep(0.1)
    assert (drawn, len(problems)) == (["second"], 1)
