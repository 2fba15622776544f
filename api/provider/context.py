"""As much of a thread as a model takes: no I/O."""

from collections.abc import Sequence

from api.messages import Message
from api.parts import Part, ReasoningPart, TextPart, ToolCallPart


def told_messages(messages: Sequence[Message], context_tokens: int, divisor: int) -> Sequence[Message]:
    """Keep the system prompt and as many of the newest messages as fit; the newest always, and a user's first.

    What fits is `context_tokens` (0 is all there are) divided by `divisor`. An answer that goes on after its tools'
    results is one with its question.
    """
    total = sum(map(_estimated_tokens, messages))
    limit = min(context_tokens or total, total) // divisor
    if total <= limit:
        return messages
    begins_with_system = messages[0].role == "system"
    first, rest = messages[:begins_with_system], messages[begins_with_system:]
    left = limit - sum(map(_estimated_tokens, first))
    start = len(rest)
    while start and (left := left - _estimated_tokens(rest[start - 1])) >= 0:
        start -= 1
    while start < len(rest) and rest[start].role != "user":
        start += 1
    goes_on = bool(rest) and any(isinstance(part, ToolCallPart) for part in rest[-1].parts)
    return (*first, *(rest[start:] or rest[-1 - goes_on :]))


def _estimated_tokens(message: Message) -> int:
    """Count four bytes of UTF-8 as a token, which is near for English and for Chinese, and four for the message."""
    return sum(map(_size, message.parts)) // 4 + 4


def _size(part: Part) -> int:
    if isinstance(part, TextPart):
        return len(part.text.encode())
    if isinstance(part, ReasoningPart):
        return 0
    if isinstance(part, ToolCallPart):
        return len(part.name) + len(part.arguments.encode())
    return sum(len(piece["text"].encode()) for piece in part.content if isinstance(piece.get("text"), str))
