"""The typed parts of a message as the page holds them, text among them in the making; pure, no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Literal

ENDED = 0.0


@dataclass(slots=True, eq=False)
class GrowingPart:
    """Text that arrives in deltas, each change of which raises `version`; once it has ended it takes no more.

    Times are those of the page's clock; of a part that was not seen growing, `started_at` is unknown.
    """

    deltas: list[str] = field(default_factory=list)
    started_at: float | None = None
    ended_at: float | None = None
    version: int = 0

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self.deltas)

    def append(self, delta: str) -> None:
        """Add text."""
        self.deltas.append(delta)
        self.version += 1

    def end(self, at_seconds: float) -> None:
        """Add nothing from now on; what has ended stays as it is."""
        if self.ended_at is None:
            self.ended_at = at_seconds
            self.version += 1


@dataclass(slots=True, eq=False)
class TextPart(GrowingPart):
    """Text a person reads."""

    type: ClassVar[Literal["text"]] = "text"


@dataclass(slots=True, eq=False)
class ReasoningPart(GrowingPart):
    """What the model thought aloud."""

    type: ClassVar[Literal["reasoning"]] = "reasoning"


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """The model's request to call a tool; `arguments` is the JSON text it wrote."""

    type: ClassVar[Literal["tool_call"]] = "tool_call"
    tool_call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """A tool's answer."""

    type: ClassVar[Literal["tool_result"]] = "tool_result"
    tool_call_id: str
    content: str
    is_error: bool


Part = TextPart | ReasoningPart | ToolCallPart | ToolResultPart


def text_of(parts: Iterable[Part]) -> str:
    """Return the text a person reads, without reasoning and tools."""
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def are_same(some: Iterable[Part], others: Iterable[Part]) -> bool:
    """Say whether the parts hold the same, however it arrived."""
    return [*map(_held, some)] == [*map(_held, others)]


def continued(parts: Iterable[Part]) -> list[Part]:
    """Return parts that begin with what these hold, the last of them open for more text."""
    longer: list[Part] = [_copied(part) for part in parts]
    if longer and isinstance(longer[-1], GrowingPart):
        longer[-1].ended_at = None
    return longer


def _held(part: Part) -> object:
    return (part.type, part.text) if isinstance(part, GrowingPart) else part


def _copied(part: Part) -> Part:
    return type(part)([part.text], ended_at=ENDED) if isinstance(part, GrowingPart) else part
