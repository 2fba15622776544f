"""The typed parts of a message as the page holds them, text among them in the making; pure, no I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

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
class ToolResult:
    """A tool's answer: pieces of content as the API sends them, and how long it took if the call was made."""

    content: Sequence[Any]
    is_error: bool
    duration_ms: int | None = None

    @property
    def text(self) -> str:
        """The text of the pieces."""
        texts = (piece.get("text") for piece in self.content if isinstance(piece, dict))
        return "\n".join(text for text in texts if isinstance(text, str))


@dataclass(frozen=True, slots=True)
class ToolProgress:
    """How far a call is, of `total` where that is known, and what its server says of it."""

    progress: float
    total: float | None = None
    message: str = ""


@dataclass(slots=True, eq=False)
class ToolCallPart:
    """A request to call a tool, and what has become of it; each change raises `version`.

    `expires_at` is there while a person has to decide, and `decision` once one has. With `questions` it is the server
    of the tool that asks.
    """

    type: ClassVar[Literal["tool_call"]] = "tool_call"
    tool_call_id: str
    name: str
    arguments: str
    server: str = ""
    title: str = ""
    expires_at: float | None = None
    questions: Sequence[Any] = ()
    decision: str = ""
    reason: str = ""
    progress: ToolProgress | None = None
    result: ToolResult | None = None
    version: int = 0

    @property
    def is_asked(self) -> bool:
        """Whether a person has to decide."""
        return self.expires_at is not None and self.result is None


RESULT = "tool_result"
Part = TextPart | ReasoningPart | ToolCallPart


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


def call_of(parts: Iterable[Part], tool_call_id: str) -> ToolCallPart | None:
    """Return the last call of that id: an answer that goes on may have it twice."""
    calls = [part for part in parts if isinstance(part, ToolCallPart) and part.tool_call_id == tool_call_id]
    return calls[-1] if calls else None


def _held(part: Part) -> object:
    if isinstance(part, GrowingPart):
        return part.type, part.text
    return part.tool_call_id, part.arguments, part.result


def _copied(part: Part) -> Part:
    if isinstance(part, GrowingPart):
        return type(part)([part.text], ended_at=ENDED)
    # What the former run asked, nobody is asked any more.
    return replace(part, expires_at=None, questions=(), progress=None)
