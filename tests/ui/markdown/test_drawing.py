"""Frames carry what is new and add up to what is shown."""

from tests.support.documents import EVERYTHING
from ui.markdown.drawing import Drawing, Frame, Shown


def draw(shown: list[str], frame: Frame | None) -> None:
    """Do what the browser does."""
    if frame is None:
        return
    _, dropped, *patches = frame
    assert isinstance(dropped, int)
    end = len(shown) - dropped
    del shown[end:]
    for at in range(0, len(patches), 3):
        place, left, rest = patches[at : at + 3]
        assert isinstance(place, int)
        assert isinstance(left, int)
        index = end - place if place else len(shown)
        octets = (shown[index] if place else "").encode("utf-16-le")
        shown[index : index + 1] = [octets[: len(octets) - 2 * left].decode("utf-16-le") + str(rest)]


def test_frames_are_numbered_and_carry_only_what_is_new() -> None:
    drawing = Drawing()
    assert drawing.frame("one two") == [1, 0, 0, 0, "0<p>one two"]
    assert drawing.frame(" three") == [2, 0, 1, 0, " three"]
    assert drawing.frame("") is None
    assert drawing.frame("\n\nfour") == [3, 0, 0, 0, "0<p>four"]


def test_the_last_frame_is_literal() -> None:
    drawing = Drawing()
    drawing.frame("a **b")
    assert drawing.frame("", is_last=True) == [2, 0, 1, 9, "**b"]
    assert drawing.shown == Shown(2, ["0<p>a **b"], is_complete=True)


def test_all_frames_together_draw_what_is_shown() -> None:
    drawing, shown = Drawing(), list[str]()
    for at in range(0, len(EVERYTHING), 7):
        draw(shown, drawing.frame(EVERYTHING[at : at + 7]))
        assert shown == drawing.shown.units
    draw(shown, drawing.frame("", is_last=True))
    whole = Drawing()
    whole.frame(EVERYTHING, is_last=True)
    assert shown == drawing.shown.units == whole.shown.units


def test_what_is_sent_is_in_proportion_to_the_text() -> None:
    drawing = Drawing()
    sent = sum(len(str(drawing.frame(EVERYTHING[at : at + 40]))) for at in range(0, len(EVERYTHING), 40))
    assert sent < 6 * len(EVERYTHING)
