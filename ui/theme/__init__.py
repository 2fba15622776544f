"""The frame and the look of every page; each sheet is a part of the look, no file comes from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui

from ui import texts
from ui.elements.tag import Tag

VIEWPORT = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#8c2f4b"/>'
    '<path d="M16 6c4 5.2 6.5 8.6 6.5 12.2a6.5 6.5 0 0 1-13 0C9.5 14.6 12 11.200 16 6z" fill="#fff"/></svg>'
)
TO_MESSAGE = "(event) => { event.preventDefault(); document.getElementById('message').focus(); }"


@dataclass(frozen=True, slots=True)
class Frame:
    """The places of a page that are filled by it."""

    sidebar: ui.element
    toggle: ui.element
    choice: ui.element
    actions: ui.element
    sign_out: ui.element
    main: ui.element
    footer: ui.element


@contextmanager
def frame(title: str, caption: str) -> Iterator[Frame]:
    """Lay out a page: a column beside it; a bar with the title, what scrolls, and a footer that stays."""
    with Tag("div", classes="shell"):
        skip = Tag("a", texts.SKIP, "skip button").props("href=#message")
        skip.on("click", js_handler=TO_MESSAGE)
        sidebar = Tag("div", classes="beside")
        with Tag("div", classes="page"):
            with Tag("header", classes="page-bar"):
                toggle = Tag("div", classes="bar-toggle")
                with Tag("div", classes="brand"):
                    Tag("h1", title)
                    Tag("p", caption)
                choice = Tag("div", classes="bar-choice")
                with Tag("nav", classes="bar-actions"):
                    actions = Tag("div")
                    sign_out = Tag("div")
            main = Tag("div", classes="main")
            footer = Tag("footer", classes="footer")
        yield Frame(sidebar, toggle, choice, actions, sign_out, main, footer)
