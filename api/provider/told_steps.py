"""An answer with tool calls as the messages that a provider wants: pure.

An answer is one message of ours, and of a provider's one for each step and one for each result. Every call has its
result there, also one that was never made, and arguments that are no JSON object are told as an empty one: templates of
local models fail on anything else. Sources: `tool` messages of the Chat Completions API
(platform.openai.com/docs/api-reference/chat); for what goes back beside them see `provider_fields`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.messages import Message
from api.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from api.provider.provider_fields import DETAILS

MAX_RESULT_CHARS = 100_000
CUT = "\n[The rest of this result is left out: it is too long.]"
UNKNOWN = "The outcome of this call is unknown; it may have been made."
EMPTY = "The tool answered with nothing."

Fields = dict[str, Any]


@dataclass(slots=True)
class ToldStep:
    """What one step has said: its text, its calls, and the results of the calls."""

    text: str = ""
    reasoning: str = ""
    calls: list[ToolCallPart] = field(default_factory=list)
    results: dict[str, ToolResultPart] = field(default_factory=dict)

    def own_fields(self, source: str) -> Fields:
        """Return what the step's provider and model want back beside the message, if that is who is asked now."""
        kept = _kept(self.calls[0], "message", source) if self.calls else {}
        fields = {DETAILS: kept[DETAILS]} if DETAILS in kept else {}
        name = kept.get("reasoning_name")
        return {**fields, str(name): self.reasoning} if name and self.reasoning else fields

    def calls_told(self, source: str) -> list[Fields]:
        """Return the calls as a provider knows them."""
        return [
            {
                "type": "function",
                "id": call.tool_call_id,
                "function": {"name": call.name, "arguments": _arguments(call.arguments)},
                **_kept(call, "tool_call", source),
            }
            for call in self.calls
        ]

    def results_told(self) -> Iterator[tuple[str, str]]:
        """Yield each call's id and the text of its result."""
        for call in self.calls:
            result = self.results.get(call.tool_call_id)
            yield call.tool_call_id, _result(result) if result is not None else UNKNOWN


def steps_of(answer: Message) -> list[ToldStep]:
    """Take an answer apart: what is said after a result begins another step."""
    steps = [ToldStep()]
    for part in answer.parts:
        if isinstance(part, ToolResultPart):
            steps[-1].results[part.tool_call_id] = part
            continue
        if steps[-1].results:
            steps.append(ToldStep())
        if isinstance(part, TextPart):
            steps[-1].text += part.text
        elif isinstance(part, ReasoningPart):
            steps[-1].reasoning += part.text
        else:
            steps[-1].calls.append(part)
    return [step for step in steps if step.text or step.calls]


def _kept(call: ToolCallPart, of: str, source: str) -> Mapping[str, Any]:
    fields = call.provider_fields or {}
    kept = fields.get(of)
    return kept if isinstance(kept, Mapping) and fields.get("source") == source else {}


def _arguments(written: str) -> str:
    try:
        is_object = isinstance(orjson.loads(written), dict)
    except orjson.JSONDecodeError:
        is_object = False
    return written if is_object else "{}"


def _result(result: ToolResultPart) -> str:
    told = [piece for piece in result.content if "assistant" in (piece.get("audience") or ("assistant",))]
    has_text = any(piece.get("type") == "text" for piece in told)
    lines = [line for piece in told if (line := _line(piece, has_text=has_text))]
    text = "\n".join(lines) or EMPTY
    return text if len(text) <= MAX_RESULT_CHARS else text[:MAX_RESULT_CHARS] + CUT


def _line(piece: Mapping[str, Any], *, has_text: bool) -> str:
    """Describe a piece of content; structured content is the twin of a text, where there is one."""
    kind = piece.get("type")
    if isinstance(text := piece.get("text"), str):
        return text
    if kind == "structured":
        return "" if has_text else orjson.dumps(piece.get("value")).decode()
    if kind == "resource_link":
        return f"[resource {piece.get('name') or ''}: {piece.get('uri') or ''}]"
    return f"[{kind}: {piece.get('mime_type') or 'file'}, shown to the person]"
