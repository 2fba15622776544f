"""What providers write where an answer ends or is none, and what is said then; pure."""

from api.provider.errors import CHECK_BASE_URL

NOT_AN_ANSWER = f"The provider did not answer with a chat completion: {CHECK_BASE_URL}."
WEB_PAGE = f"The provider answered with a web page instead of a chat completion: {CHECK_BASE_URL}."
TOO_LARGE = "The provider sent more in one piece than an answer can be."
MALFORMED = "The provider sent a line which is not a chat completion."
TRUNCATED = "The provider's answer ended before it was complete."

# Words for those of the Chat Completions API.
REASONS = {"function_call": "tool_calls", "tool_use": "tool_calls", "max_tokens": "length"} | dict.fromkeys(
    ("stop", "end_turn", "eos", "eos_token", "stop_sequence", "complete", "completed", "done"), "stop"
)
# The events of the Responses API and of Anthropic's.
OTHER_PROTOCOLS = ("response.", "message_start", "content_block", "message_delta", "message_stop")

_BROKEN = frozenset(("abort", "insufficient_system_resource", "malformed_function_call"))


def is_broken_off(finish_reason: str) -> bool:
    """Say whether a finish_reason is a failure's (DeepSeek, Gemini, SGLang, vLLM)."""
    word = finish_reason.lower()
    return word in _BROKEN or word.startswith("function_call_filter")


def broken_off(finish_reason: str) -> str:
    """Say that an answer was broken off."""
    return f"The provider broke the answer off ({finish_reason})."
