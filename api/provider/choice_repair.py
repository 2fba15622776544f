"""One choice of a chat completion as clients expect it, chunk by chunk: pure, and changed in place."""

from typing import Any

from api.errors import ProviderError, ProviderTruncated
from api.provider.answer_words import REASONS, broken_off, is_broken_off
from api.provider.pieces import Halves, reasoning_of, split_content, text_of, word_of
from api.provider.tool_call_numbers import ToolCallNumbers, number_whole

OBJECT = "chat.completion.chunk"
ENVELOPE = frozenset(("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier"))
FINISH_REASONS = frozenset(("stop", "length", "tool_calls", "content_filter", "function_call"))


class ChoiceRepair:
    """Repairs the pieces of one choice; `failure` is what its finish_reason has turned out to be.

    `is_whole` says that no half of a character waits for the other, `has_answer` that there is more than reasoning.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self.failure: ProviderError | None = None
        self.has_answer = False
        self._calls = ToolCallNumbers()
        self._text, self._thoughts = Halves(), Halves()
        self._has_role = False
        self._chars = self._count = 0

    @property
    def is_finished(self) -> bool:
        """Whether it has said why it ended."""
        return self.finish_reason is not None

    @property
    def is_whole(self) -> bool:
        """Whether nothing of its text waits."""
        return self._text.is_empty

    def take_chars(self) -> int:
        """Return how many characters have come since this was asked."""
        chars, self._chars = self._chars, 0
        return chars

    def take_count(self) -> int:
        """Return how many pieces have come since this was asked."""
        count, self._count = self._count, 0
        return count

    def repair(self, choice: dict[str, Any]) -> bool:
        """Repair one piece, and say whether that changed it."""
        is_changed = choice.get("index") != self.index or type(choice.get("index")) is not int
        choice["index"] = self.index
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta, is_changed = self._delta_of(choice), True
            choice["delta"] = delta
        is_changed = self._repair_delta(delta) or is_changed
        return self._repair_finish(choice, delta) or is_changed

    def _delta_of(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Make a delta of a message that came whole, of a completion's text, or of nothing."""
        message, text = choice.pop("message", None), choice.pop("text", None)
        if isinstance(message, dict):
            number_whole(message)
            return message
        return {"content": text} if isinstance(text, str) else {}

    def _repair_delta(self, delta: dict[str, Any]) -> bool:
        is_changed = False
        if not self._has_role:
            self._has_role = True
            if delta.get("role") != "assistant":
                delta["role"], is_changed = "assistant", True
        content = delta.get("content")
        if isinstance(content, list):
            thoughts, delta["content"] = split_content(content)
            if thoughts and not reasoning_of(delta):
                delta["reasoning_content"] = thoughts
            is_changed = True
        elif content is not None and not isinstance(content, str):
            delta["content"], is_changed = text_of(content), True
        is_changed = self._join(delta) or is_changed
        if isinstance(calls := delta.get("tool_calls"), list):
            is_changed = self._calls.number(calls) or is_changed
            self._chars += sum(len(call["function"].get("arguments") or "") for call in calls)
            self._count += bool(calls)
            self.has_answer = self.has_answer or self._calls.has_any
            if not calls:
                del delta["tool_calls"]
        elif calls is not None:
            del delta["tool_calls"]
            is_changed = True
        self._count += any(delta.get(name) for name in ("images", "audio", "function_call", "refusal"))
        return is_changed

    def _join(self, delta: dict[str, Any]) -> bool:
        """Join characters that came in two halves."""
        is_changed = False
        for halves, names in ((self._text, ("content",)), (self._thoughts, ("reasoning_content", "reasoning"))):
            for name in names:
                text = delta.get(name)
                if isinstance(text, str) and text:
                    joined = halves.join(text)
                    is_changed = is_changed or joined != text
                    delta[name] = joined
                    self._chars += len(text)
                    self._count += 1
                    self.has_answer = self.has_answer or halves is self._text
                    break
        return is_changed

    def _repair_finish(self, choice: dict[str, Any], delta: dict[str, Any]) -> bool:
        given = choice.get("finish_reason")
        if not given:
            is_same = "finish_reason" in choice and given is None
            choice["finish_reason"] = None
            return not is_same
        is_flushed = self._flush(delta)
        word = word_of(given) or "stop"
        if is_broken_off(word):
            self.failure = ProviderTruncated(broken_off(word))
            choice["finish_reason"] = None
            return True
        reason = word if word in FINISH_REASONS else REASONS.get(word.lower(), "stop")
        if self._calls.has_any and reason == "stop":
            reason = "tool_calls"
        self.finish_reason = self.finish_reason or reason
        choice["finish_reason"] = reason
        return is_flushed or bool(reason != given)

    def _flush(self, delta: dict[str, Any]) -> bool:
        """Write what has waited for its other half or its name, and say whether there was any."""
        if left := self._text.flush():
            delta["content"] = (delta.get("content") or "") + left
        if thought := self._thoughts.flush():
            delta["reasoning_content"] = (delta.get("reasoning_content") or "") + thought
        if nameless := self._calls.flush():
            delta["tool_calls"] = [*delta.get("tool_calls", ()), *nameless]
        return bool(left or thought or nameless)
