"""Frames of many elements share the event loop."""

from collections.abc import Callable

import pytest

from tests.support.scripted_loop import ScriptedLoop
from ui.elements.frame_pacer import FramePacer


@pytest.fixture
def loop() -> ScriptedLoop:
    return ScriptedLoop()


def repeated(loop: ScriptedLoop, pacer: FramePacer, drawn: list[int], number: int) -> Callable[[], None]:
    """Return a frame that takes 5 ms and asks for the next one."""

    def frame() -> None:
        drawn.append(number)
        loop.work(0.005)
        pacer.request(frame)

    return frame


def test_drawing_leaves_the_loop_to_others_and_nobody_starves(loop: ScriptedLoop) -> None:
    pacer, drawn = FramePacer(loop, share=0.5), list[int]()
    for number in range(5):
        pacer.request(repeated(loop, pacer, drawn, number))
    loop.run(1.0)
    assert 0.45 <= len(drawn) * 0.005 <= 0.5
    assert drawn[:10] == [0, 1, 2, 3, 4] * 2


def test_a_frame_comes_at_once_or_after_its_delay(loop: ScriptedLoop) -> None:
    pacer, at = FramePacer(loop), list[float]()
    pacer.request(lambda: at.append(loop.time()))
    pacer.request(lambda: at.append(loop.time()), 0.05)
    loop.run(1.0)
    assert at == [0.0, 0.05]


def test_the_loop_has_its_rest_also_when_nobody_waits_for_it(loop: ScriptedLoop) -> None:
    pacer, at = FramePacer(loop, share=0.1, overhead_seconds=0.0), list[float]()
    pacer.request(lambda: loop.work(0.01))
    loop.run(0.02)
    pacer.request(lambda: at.append(loop.time()))
    loop.run(1.0)
    assert at == [pytest.approx(0.01 + 9 * 0.01)]


def test_who_kept_the_loop_from_drawing_gets_as_long_again(loop: ScriptedLoop) -> None:
    pacer, at = FramePacer(loop, share=0.5, overhead_seconds=0.0), list[float]()
    pacer.request(lambda: loop.work(0.01))
    pacer.request(lambda: at.append(loop.time()))
    loop.run()
    loop.work(0.05)  # The second frame was due at 0.02.
    loop.run()
    pacer.request(lambda: at.append(loop.time()))
    loop.run(1.0)
    assert at == pytest.approx([0.06, 0.06 + 0.04])


def test_a_frame_that_fails_does_not_stop_the_others(loop: ScriptedLoop) -> None:
    pacer, drawn = FramePacer(loop), list[str]()
    pacer.request(lambda: pytest.fail("a defect"))
    pacer.request(lambda: drawn.append("second"))
    with pytest.raises(pytest.fail.Exception):
        loop.run()
    loop.run(1.0)
    assert drawn == ["second"]
