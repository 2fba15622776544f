"""The list that opens while a message begins with "/" or has an "@": prompts and resources of MCP servers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui import events, ui

from ui import texts
from ui.tools import Prompt, Resource

KINDS = ("prompts", "resources")
MAX_ARGUMENTS = 30
MAX_CHARACTERS = 500_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person has chosen: the `name` is a prompt's or, of the kind `resources`, a URI.

    `choice_id` is the browser's, and tells it what an answer belongs to.
    """

    choice_id: int
    kind: str
    server: str
    name: str
    arguments: Mapping[str, str]


class ContextPicker(ui.element, component="context_picker.js"):
    """Asks for what there is once a list is to open; what is chosen ends with `insert` or `fail`."""

    def __init__(self, on_open: Callable[[str], Any], on_choose: Callable[[Choice], Any]) -> None:
        super().__init__()
        self._props["visit"] = 0
        self._props["texts"] = {
            "prompts": texts.PROMPTS,
            "resources": texts.RESOURCES,
            "found": texts.CONTEXT_FOUND,
            "reading": texts.READING,
            "insert": texts.INSERT,
            "cancel": texts.CANCEL,
            "too_long": texts.ANSWER_TOO_LONG,
            "more": texts.CONTEXT_MORE,
            "left": texts.CONTEXT_LEFT,
            "gone": texts.CONTEXT_GONE,
        }
        self.on("open", lambda event: event.args in KINDS and on_open(event.args))
        self.on("choose", lambda event: self._on_choose(event, on_choose))

    def open_thread(self) -> None:
        """Put nothing that was chosen before into the thread that opens now."""
        self._props["visit"] += 1
        self.update()

    def show_prompts(self, prompts: Sequence[Prompt], left_out: Sequence[str]) -> None:
        """Offer these prompts, below them the sentences that say what is left out."""
        self._show("prompts", list(map(asdict, prompts)), left_out)

    def show_resources(self, resources: Sequence[Resource], left_out: Sequence[str]) -> None:
        """Offer these resources, below them the sentences that say what is left out."""
        self._show("resources", [{**asdict(resource), "name": resource.uri} for resource in resources], left_out)

    def insert(self, choice_id: int, text: str) -> None:
        """Put a text where it was asked for, unless the person has gone on from there."""
        self.run_method("insert", choice_id, text)

    def fail(self, choice_id: int, sentence: str) -> None:
        """Say why nothing is inserted."""
        self.run_method("fail", choice_id, sentence)

    def _show(self, kind: str, items: Sequence[dict[str, Any]], left_out: Sequence[str]) -> None:
        self.run_method("show", kind, {"items": items, "left_out": left_out})

    def _on_choose(self, event: events.GenericEventArguments, choose: Callable[[Choice], Any]) -> None:
        match event.args:
            case {
                "choice_id": int(choice_id),
                "kind": str(kind),
                "server": str(server),
                "name": str(name),
                "arguments": dict(arguments),
            } if kind in KINDS and _is_good(arguments):
                choose(Choice(choice_id, kind, server, name, arguments))


def _is_good(arguments: Mapping[Any, Any]) -> bool:
    texts_only = all(isinstance(name, str) and isinstance(value, str) for name, value in arguments.items())
    return texts_only and len(arguments) <= MAX_ARGUMENTS and sum(map(len, arguments.values())) <= MAX_CHARACTERS
