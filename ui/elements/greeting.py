"""What an empty thread shows: a greeting and a few ways to begin."""

from collections.abc import Callable
from functools import partial
from typing import Any

from nicegui import ui

from ui import texts
from ui.elements.tag import PlainButton, Tag


class Greeting(ui.element):
    """A greeting with suggestions that are sent when chosen."""

    def __init__(self, on_choose: Callable[[str], Any]) -> None:
        super().__init__()
        self.classes("greeting")
        with self:
            Tag("h2", texts.GREETING)
            with ui.element("div").classes("suggestions"):
                for suggestion in texts.SUGGESTIONS:
                    PlainButton(partial(on_choose, suggestion), text=suggestion).mark("suggestion")
